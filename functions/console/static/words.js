// The page's words in the reader's language.
import { choices } from "./choices.js";

const CATALOGUES = { en: "./words.en.json", ja: "./words.ja.json", ko: "./words.ko.json" };
export const LANGUAGES = [["en", "English"], ["ja", "日本語"], ["ko", "한국어"]];

let words = {};
let language = "en";

export function shownLanguage() {
  return language;
}

// The reader's own country, where it has the shown language, for dates and numbers.
export function shownLocale() {
  return navigator.languages.find((one) => one.startsWith(language)) ?? language;
}

export async function loadWords() {
  const wanted = [choices.language, ...navigator.languages].map((one) => String(one).slice(0, 2));
  language = wanted.find((one) => one in CATALOGUES) ?? "en";
  const answer = await fetch(new URL(CATALOGUES[language], import.meta.url));
  words = await answer.json();
  document.documentElement.lang = language;
}

// The words of a key, with {name} replaced by the value of that name.
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// The same with nodes as values: a list of texts and nodes.
export function phrase(key, values) {
  return (words[key] ?? key).split(/\{(\w+)\}/).map((piece, at) => (at % 2 ? values[piece] : piece));
}

export function has(key) {
  return key in words;
}

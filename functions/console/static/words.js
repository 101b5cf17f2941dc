// The page's words in the reader's language. `words.json` has, for each key, the words in the order of LANGUAGES.
import { choices } from "./choices.js";

export const LANGUAGES = [["en", "English"], ["ja", "日本語"], ["ko", "한국어"]];

let catalogue = {};
let language = "en";

// Of texts in all languages, that in the shown one.
export function inLanguage(texts) {
  return texts?.[LANGUAGES.findIndex(([name]) => name === language)];
}

export function shownLanguage() {
  return language;
}

// The reader's own country, where it has the shown language, for dates and numbers.
export function shownLocale() {
  return navigator.languages.find((one) => one.startsWith(language)) ?? language;
}

export async function loadWords() {
  const wanted = [choices.language, ...navigator.languages].map((one) => String(one).slice(0, 2));
  language = wanted.find((one) => LANGUAGES.some(([name]) => name === one)) ?? "en";
  if (!has("skip")) catalogue = await (await fetch(new URL("./words.json", import.meta.url))).json();
  document.documentElement.lang = language;
}

// The words of a key, with {name} replaced by the value of that name.
export function t(key, values = {}) {
  return phrase(key, values).join("");
}

// The same with nodes as values: a list of texts and nodes.
export function phrase(key, values) {
  return (inLanguage(catalogue[key]) ?? key).split(/\{(\w+)\}/).map((piece, at) => (at % 2 ? (values[piece] ?? `{${piece}}`) : piece));
}

// What stands between two sentences.
export function gap() {
  return language === "ja" ? "" : " ";
}

export function has(key) {
  return key in catalogue;
}

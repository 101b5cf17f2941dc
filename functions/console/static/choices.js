// What a reader has chosen: language, time zone, theme, shortcuts. Nothing else is ever kept beyond the tab.

const PLACE = "mediabeat.choices";
const DEFAULTS = { language: "", zone: "", theme: "", shortcuts: "on" };

function stored() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(PLACE) ?? "{}") };
  } catch {
    return { ...DEFAULTS };
  }
}

export const choices = stored();

export function choose(name, value) {
  choices[name] = value;
  try {
    localStorage.setItem(PLACE, JSON.stringify(choices));
  } catch {
    // the choice lasts as long as the tab
  }
}

export function showTheme() {
  if (choices.theme) document.documentElement.dataset.theme = choices.theme;
  else delete document.documentElement.dataset.theme;
}

export function chosenZone() {
  return choices.zone === "UTC" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

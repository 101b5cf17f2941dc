// The page: its frame, and the view that its address names.
import { project, signOut } from "./api.js";
import { choices, choose, showTheme } from "./choices.js";
import { contentsView } from "./contents.js";
import { button, choice, h } from "./dom.js";
import { onSignedOut } from "./feed.js";
import { overviewView } from "./overview.js";
import { hrefTo, place, VIEWS } from "./router.js";
import { sessionView } from "./session.js";
import { sessionsView } from "./sessions.js";
import { listenToKeys, showHelp } from "./shortcuts.js";
import { isSignedIn, signInView } from "./sign_in.js";
import { LANGUAGES, loadWords, shownLanguage, t } from "./words.js";

const SHOWN = { overview: overviewView, sessions: sessionsView, session: sessionView, contents: contentsView };

let leaving = new AbortController();
let shownView = null;

function leave(notice) {
  signOut();
  show({ notice });
}

function settingsBar() {
  const again = async () => {
    await loadWords();
    show({});
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return h("div", { class: "settings" },
    choice(t("setting.language"), LANGUAGES, shownLanguage(), (value) => {
      choose("language", value);
      again();
    }, { lang: null }),
    choice(t("setting.zone"), [["", zone], ["UTC", "UTC"]].slice(zone === "UTC" ? 1 : 0), choices.zone, (value) => {
      choose("zone", value);
      show({});
    }),
    choice(t("setting.theme"), [["", t("theme.auto")], ["light", t("theme.light")], ["dark", t("theme.dark")]], choices.theme, (value) => {
      choose("theme", value);
      showTheme();
      dispatchEvent(new Event("mediabeat-theme"));
    }),
    button(t("key.title"), showHelp),
    isSignedIn() && button(t("signOut"), () => leave()));
}

function header(view) {
  const current = view === "session" ? "sessions" : view;
  const links = VIEWS.map((one) => h("a", { href: hrefTo(one), "aria-current": one === current ? "page" : null }, t(`${one}.title`)));
  return h("header", {}, h("p", { class: "name" }, "mediabeat", isSignedIn() && [" ", h("bdi", { class: "project" }, project())]),
    isSignedIn() && h("nav", { "aria-label": t("nav.views") }, links));
}

const inputs = () => [...document.querySelectorAll("main a, main button, main input, main select, footer button, footer select")];

// A new view has its heading in focus. The same view with other filters keeps the focus where it is.
function show({ notice = null }) {
  leaving.abort();
  leaving = new AbortController();
  const { view, id } = place();
  const named = isSignedIn() ? `${view}/${id ?? ""}` : "sign in";
  const isFirst = shownView === null;
  const isOther = named !== shownView;
  shownView = named;
  const focused = inputs().indexOf(document.activeElement);
  const content = isSignedIn()
    ? SHOWN[view]({ signal: leaving.signal })
    : signInView({ notice, done: () => show({}) });
  const main = h("main", { id: "main", tabindex: "-1" }, content);
  document.body.replaceChildren(
    h("a", { class: "skip", href: "#main", onclick: (event) => {
      event.preventDefault();
      main.focus();
    } }, t("skip")),
    header(view), main, h("footer", {}, settingsBar(), h("p", { class: "quiet" }, h("a", { href: new URL("./licences.txt", import.meta.url).href }, t("licences")))));
  document.title = `${isSignedIn() ? t(`${view}.title`) : t("signIn.title")} · mediabeat`;
  if (isOther && !isFirst) main.querySelector("h1").focus();
  else if (!isOther) inputs()[focused]?.focus({ preventScroll: true });
}

showTheme();
onSignedOut(() => isSignedIn() && leave(t("signIn.again")));
addEventListener("hashchange", () => show({}));
listenToKeys();
await loadWords();
show({});

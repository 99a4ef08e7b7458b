// The frame: the chosen theme and the reader's time zone, kept in cookies that the server reads so that pages come
// right from the first pixel; and menus that close when one looks elsewhere.
"use strict";

const YEAR = 31536000;

function keep(name, value) {
  const isTls = location.protocol === "https:";
  const age = value ? YEAR : 0;
  const cookie = `${isTls ? "__Host-" : ""}${name}=${value}`;
  document.cookie = `${cookie}; Path=/; Max-Age=${age}; SameSite=Lax${isTls ? "; Secure" : ""}`;
}

function showTheme() {
  const chosen = document.documentElement.dataset.theme ?? "";
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === chosen));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-set-theme]");
  if (!button) return;
  const theme = button.dataset.setTheme;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  keep("theme", theme);
  showTheme();
});

for (const themes of document.querySelectorAll("[data-themes]")) themes.hidden = false;
showTheme();
keep("zone", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

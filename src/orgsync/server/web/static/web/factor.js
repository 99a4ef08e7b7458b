// Passkeys: say on the page, not in the console alone, why the browser has read none.
"use strict";
const told = document.querySelector("[data-passkey-refused]");
const isAddress = /^\[|^[\d.]+$/.test(location.hostname);

function tell(text) {
  told.textContent = text;
  told.hidden = false;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  tell(isAddress ? told.dataset.needsName : told.dataset.passkeyRefused);
});
if (isAddress && document.querySelector("#mfa_webauthn_add")) tell(told.dataset.needsName);

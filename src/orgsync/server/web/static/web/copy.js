// "Copy" buttons: copy the text of the element that data-copy names, and say so.
"use strict";
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without the clipboard's permission the text is at least selected, ready for the keyboard.
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    document.execCommand("copy");
  }
  const said = button.querySelector("[data-said]") ?? button;
  said.textContent = button.dataset.copied;
});
for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;

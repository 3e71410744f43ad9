"use strict";

// The viewer is dark where the root element has this class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followScheme);
followScheme();

// The viewer puts a link into the button of each call. An element that is pressed must not be in
// another one, and the button does the same: it opens the call, and its link is in the address bar.
const LinksAsText = {
  wrapComponents: {
    DeepLink: (_link, { React }) => ({ text }) => React.createElement("span", null, text),
  },
};

// Attributes that the viewer leaves out or has wrong. Screen readers and keyboards need them.
const ATTRIBUTES = [
  [".information-container", "role", () => "banner"],
  [".opblock-tag, .models h4, .modal-ux h3", "aria-level", () => "2"],
  [".opblock-body h4, .modal-ux h4", "aria-level", () => "3"],
  [".opblock-body h5, .modal-ux h6", "aria-level", () => "4"],
  [".responses-table", "role", () => "table"],
  [".modal-ux", "role", () => "dialog"],
  [".modal-ux", "aria-label", () => "Available authorizations"],
  [".modal-ux .btn", "aria-label", (button) => button.textContent],
  [".close-modal", "aria-label", () => "Close"],
  ["pre:not(.version)", "tabindex", () => "0"],
  [
    "[data-param-name] :is(input, select, textarea)",
    "aria-label",
    (field) => field.closest("[data-param-name]").dataset.paramName,
  ],
  [".opblock-section-request-body :is(input, textarea)", "aria-label", () => "Request body"],
];

function complete(root) {
  for (const [selector, attribute, valueFor] of ATTRIBUTES) {
    for (const element of root.querySelectorAll(selector)) {
      element.setAttribute(attribute, valueFor(element));
    }
  }
}

const api = document.querySelector("#api");
new MutationObserver(() => complete(api)).observe(api, { childList: true, subtree: true });

// validatorUrl: null, because the page asks no other host for anything.
SwaggerUIBundle({
  url: "api/v1/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
  // The usual theme has a red that is too dark to read on its background.
  syntaxHighlight: { theme: "tomorrow-night" },
  plugins: [LinksAsText],
});

// faint(view) finds every text of a frame that does not stand out: the contrast between its colour and what lies behind it.
"use strict";

function parts(colour) {
  const numbers = colour.match(/[\d.]+/g).map(Number);
  return numbers.length < 4 ? [...numbers, 1] : numbers;
}

function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function hex(colour) {
  return `#${colour.slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;
}

function ground(element, view) {
  for (let each = element; each; each = each.parentElement) {
    const colour = parts(view.getComputedStyle(each).backgroundColor);
    if (colour[3] > 0) return colour;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
}

function faint(view) {
  const found = [];
  for (const element of view.document.querySelectorAll("body *")) {
    const own = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.textContent).join(" ").trim();
    if (!own || !element.checkVisibility() || element.closest("[aria-hidden]")) continue;
    const style = view.getComputedStyle(element);
    const [ink, behind] = [parts(style.color), ground(element, view)];
    const [light, dark] = [luminance(ink), luminance(behind)].sort((one, other) => other - one);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? LARGE : AA)) found.push({ words: own.slice(0, 40), ink: hex(ink), ground: hex(behind), ratio });
  }
  return found;
}

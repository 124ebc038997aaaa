const BOUNDARY = /[\s()]/;

/**
 * Whether a text has a license as a word, whatever the case: between white space, parentheses and the
 * ends of the text. `MIT` is no word of `MIT-0`.
 */
export function hasLicenseWord(text: string, license: string): boolean {
  const lower = text.toLowerCase();
  const word = license.toLowerCase();
  if (word === "") return false;
  for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) {
    if (isBoundary(lower.charAt(at - 1)) && isBoundary(lower.charAt(at + word.length))) return true;
  }
  return false;
}

function isBoundary(character: string): boolean {
  return character === "" || BOUNDARY.test(character);
}

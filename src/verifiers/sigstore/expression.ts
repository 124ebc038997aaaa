import type { TextMatcher } from "./identity.ts";

/** The most characters of an expression. */
const MAX_LENGTH = 1000;

/**
 * Compiles a regular expression in RE2 syntax, which runs in linear time whatever the text. It
 * matches when any part of a text fits, unless it is anchored.
 *
 * @returns what is wrong with the expression when it does not compile.
 */
export async function compileExpression(pattern: string): Promise<TextMatcher | string> {
  if (pattern.length > MAX_LENGTH) return `has more than ${MAX_LENGTH} characters`;
  // Only configurations with expressions pay for loading the engine.
  const { RE2JS, RE2JSException } = await import("re2js");
  try {
    const expression = RE2JS.compile(pattern);
    const wanted = `a match of ${JSON.stringify(pattern)}`;
    return { wanted, matches: (text) => expression.matcher(text).find() };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `is not a regular expression in RE2 syntax: ${
      error.message.replace("error parsing regexp: ", "")
    }`;
  }
}

/** Whether an expression must fit the whole text: anchored at both ends, without alternatives. */
export function isAnchored(pattern: string): boolean {
  const begins = /^(?:\^|\\A)/.test(pattern);
  const ends = /(?:^|[^\\])(?:\\\\)*(?:\$|\\z)$/.test(pattern);
  return begins && ends && !hasTopLevelAlternative(pattern);
}

function hasTopLevelAlternative(pattern: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "\\") index++;
    else if (inClass) inClass = character !== "]";
    else if (character === "[") {
      inClass = true; // and a bracket right at its beginning is one of its characters
      index += /^\^?\]?/.exec(pattern.slice(index + 1))?.[0].length ?? 0;
    } else if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "|" && depth === 0) return true;
  }
  return false;
}

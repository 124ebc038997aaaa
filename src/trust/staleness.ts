/** How old something is, for a person, as in `3 h`. */
export function formatAge(since: string, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** What a check says of material whose last refresh failed, as the end of a sentence; empty for other. */
export function staleness(staleSince: string | undefined, now: Date): string {
  if (staleSince === undefined) return "";
  return ` (as it was ${
    formatAge(staleSince, now)
  } ago: it could not be refreshed since ${staleSince})`;
}

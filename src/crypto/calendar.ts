/** Year, month (from 1), day, hour, minute, second. */
export type DateFields = readonly [number, number, number, number, number, number];

/**
 * The moment of a date and time of day in UTC. Unlike `Date.UTC` it takes every year as it is, and
 * nothing that no calendar or clock has: no 31st of February, no hour 24, no leap second.
 */
export function calendarDate(
  [year, month, day, hour, minute, second]: DateFields,
): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 &&
    minute < 60 && second < 60;
  return exists ? date : undefined;
}

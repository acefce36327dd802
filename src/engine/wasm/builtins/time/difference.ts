import { type Civil, daysInMonth } from './civil.js';

/** Years, months, days, hours, minutes and seconds between two readings of one clock. */
export function timeDifference(earlier: Civil, later: Civil): readonly number[] {
  let years = later.year - earlier.year;
  let months = later.month - earlier.month;
  let days = later.day - earlier.day;
  let hours = later.hour - earlier.hour;
  let minutes = later.minute - earlier.minute;
  let seconds = later.second - earlier.second;
  if (seconds < 0) {
    seconds += 60;
    minutes -= 1;
  }
  if (minutes < 0) {
    minutes += 60;
    hours -= 1;
  }
  if (hours < 0) {
    hours += 24;
    days -= 1;
  }
  if (days < 0) {
    days += daysInMonth(earlier.year, earlier.month);
    months -= 1;
  }
  if (months < 0) {
    months += 12;
    years -= 1;
  }
  return [years, months, days, hours, minutes, seconds];
}

/** What stands between `%` and the verb. */
export interface Field {
  minus: boolean;
  plus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%#v`, where the sharp flag means Go syntax. */
  sharpV: boolean;
  /** `%+v`, likewise. */
  plusV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function emptyField(): Field {
  return {
    minus: false,
    plus: false,
    sharp: false,
    space: false,
    zero: false,
    sharpV: false,
    plusV: false,
    width: undefined,
    precision: undefined,
  };
}

/** Fills up to the width, counted in characters; with zeros only on the left. */
export function pad(text: string, field: Field, zero = field.zero): string {
  const missing = (field.width ?? 0) - Array.from(text).length;
  if (missing <= 0) return text;
  if (field.minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

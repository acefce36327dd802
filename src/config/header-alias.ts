/** The other spelling of a roles header: `user_roles` for `x-user-roles`. */
export function underscoreAlias(header: string): string {
  return header.replace(/^x-/, '').replaceAll('-', '_');
}

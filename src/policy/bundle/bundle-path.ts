import { fail, ok, type Result } from '../../errors/result.js';

/**
 * The path of a bundle entry without its leading slash. Refuses what could mean another place than
 * the bundle (CWE-22): nothing is unpacked to disk today, but data paths are built from these names.
 */
export function bundlePath(name: string): Result<string> {
  const path = name.replace(/^(?:\.?\/)+/, '').replace(/\/$/, '');
  if (path === '' || path === '.') return ok('');
  if (path.includes('\\') || path.includes('\0')) return fail(`the entry name ${JSON.stringify(name)} is not portable`);
  const segments = path.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return fail(`the entry ${JSON.stringify(name)} does not stay inside the bundle`);
  }
  return ok(path);
}

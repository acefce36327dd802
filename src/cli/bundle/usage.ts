import { signatureAlgorithms } from '../../policy/signature/jws.js';
import { storeForms } from '../../policy/store/open-store.js';
import { lintRules } from '../../policy/workshop/finding.js';

const rules = Object.entries(lintRules)
  .map(([name, meaning]) => `  ${name.padEnd(17)} ${meaning}`)
  .join('\n');

/** What `portcullis bundle help` prints. */
export const bundleUsage = `Usage: portcullis bundle ACTION [OPTIONS]

Actions
  check DIR             strict compilation, formatting, and the rules below
  test DIR              run the policy's tests; show the lines that none reaches
  build DIR -o FILE     check, test, compile and pack; prints the revision
  sign FILE --key FILE  sign a bundle in OPA's format, in place or to -o FILE
  verify FILE --key FILE
                        whether the signature vouches for exactly what is in the bundle
  inspect FILE          manifest, rules, data, built-in functions, signature
  diff FILE FILE        rules and data that differ, and recorded decisions that would
  publish FILE --to STORE
                        put a bundle where its revision says; what is there is never written over
  promote CHANNEL REVISION --to STORE
                        give a channel, such as production, a published bundle
  rollback CHANNEL --to STORE
                        give it the bundle that it had before
  status CHANNEL --to STORE
                        what it has and had, and which adapters serve it

Options of check, test and build
      --exclude PATH       leave a file or folder of DIR out; may be repeated
      --opa PATH           the opa to use, if not the one on the PATH (also of inspect and diff)
  -e, --entrypoint PATH    a decision path such as envoy/authz/allow; may be repeated (check, build)
  -t, --target wasm|rego|both
                           for the embedded engine (default), an OPA server, or the same bytes for both (check, build)
      --allow RULE         switch a rule off; may be repeated (check, build)
      --coverage N         fail if the tests reach less than N percent of the lines (test, build)

Options of build
  -o, --output FILE        where the bundle is written
  -r, --revision auto|TEXT auto (default) is the git commit of DIR, whose sources must be committed
      --allow-dirty        with auto: build what is not committed as COMMIT-dirty
      --root PATH          a part of data that the bundle owns; may be repeated (default: DIR/.manifest, or all)
      --skip-check         build although check was not run
      --skip-tests         build although test was not run

Options of sign and verify
      --key FILE           PEM key or, for HS algorithms, the secret
      --algorithm NAME     RS256 (default) or another of ${signatureAlgorithms.slice(0, 6).join(', ')},
                           ${signatureAlgorithms.slice(6).join(', ')}
      --scope TEXT         what the signature is good for
      --key-id TEXT        the key's name in OPA's configuration, "default" by default (sign)

Options of inspect and diff
      --json               print JSON
      --decisions FILE     JSON lines with path and input, answered by both bundles (diff)

Options of publish, promote, rollback and status
      --to STORE           ${storeForms.replace(', or', ',\n                           or')}
      --token-file FILE    the bearer token for HTTP, or the user:password for OCI
      --key FILE           publish only what verify accepts with the same options (publish)
      --allow-dirty        publish a revision that ends with -dirty (publish)
      --adapter URL        ask the admin port of an adapter, such as http://127.0.0.1:9090; may be repeated (status)

Rules
${rules}

Exit status: 0 done, 1 failed (a finding, a failed test, a signature that does not hold), 2 wrong command line.
`;

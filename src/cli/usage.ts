/** What `portcullis help` prints. */
export const usage = `Usage: portcullis COMMAND [OPTIONS]

Commands
  serve            answer Envoy's checks
  health           ask the one that serves whether it is ready: status 0 if so, 1 if not
  config check     say whether the configuration is valid, and what is unsafe in it
  config print     print the effective configuration, defaults included
  config schema    print the JSON Schema of the configuration file, for editors
  bundle           check, test, build, sign, publish, promote … policy bundles: see bundle help
  opa-config       write the configuration of the OPA beside it, and print how to start that
  version          print the version
  help             print this

Options of serve, health, config check and config print
  -c, --config FILE    the configuration file (YAML); also PORTCULLIS_CONFIG

Options of opa-config
  -c, --config FILE    the configuration of Portcullis; its bundles and engine.opa say what OPA is to do
  -o, --output DIR     where opa.yaml and authz.rego are written
      --s3-credentials environment|web-identity|metadata|profile
                       where OPA finds what its requests to S3 are signed with; environment by default

Every key of the file is also an environment variable, such as PORTCULLIS_GRPC_ADDRESS;
the environment wins. Exit status: 0 done, 1 failed, 2 wrong command line or configuration.
`;

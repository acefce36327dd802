# `docker build -t portcullis .` makes the image; `--target demo` what the compose file needs beside it.
# docs/deployment/image.md explains both.
ARG IMAGE_NODE=node:26-bookworm-slim
ARG IMAGE_OPA=openpolicyagent/opa:1.22.2-static

FROM ${IMAGE_NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build -- --declaration false

FROM build AS build-demo
COPY examples/auth/package.json examples/auth/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY deploy/tsconfig.json deploy/
COPY examples examples
COPY scripts scripts
RUN npx tsc -p deploy/tsconfig.json && chmod -R u=rwX,go=rX build

# All that is served, with modes that do not depend on the umask of the checkout.
FROM ${IMAGE_NODE} AS package
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && rm package-lock.json
COPY LICENSE ./
COPY protos protos
COPY policies/gateway.tar.gz policies/
COPY --from=build /app/dist dist
RUN chmod -R u=rwX,go=rX .

FROM ${IMAGE_NODE} AS runtime
ARG IMAGE_NODE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Portcullis" \
      org.opencontainers.image.description="Answers Envoy's ext_authz checks with Open Policy Agent decisions" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${IMAGE_NODE}"
ENV NODE_ENV=production
WORKDIR /app
# Nothing is installed at run time, so nothing is there that could.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
COPY --from=package /app /app
# Where the last good bundles may be kept.
RUN install -d -o 1000 -g 1000 -m 0750 /var/lib/portcullis
# As a number, because Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
EXPOSE 9191 9090
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
  CMD ["node", "/app/dist/main.js", "health"]
ENTRYPOINT ["node", "--enable-source-maps", "/app/dist/main.js"]
CMD ["serve"]

FROM ${IMAGE_OPA} AS opa

# The example backend, and the command that packs policies for an OPA server.
FROM runtime AS demo
COPY --from=opa /opa /usr/local/bin/opa
COPY --from=build-demo /app/build /app
USER 0:0
RUN install -d -o 1000 -g 1000 /bundles /bundles/store && install -d -o 1000 -g 1000 -m 0750 /bundles/secrets /bundles/signing
USER 1000:1000
HEALTHCHECK NONE
ENTRYPOINT ["node", "--enable-source-maps"]
CMD ["/app/examples/backend/main.js"]

FROM ${IMAGE_NODE} AS package-auth
WORKDIR /app
COPY package.json package-lock.json ./
COPY examples/auth/package.json examples/auth/
RUN npm ci --omit=dev --workspace examples/auth --ignore-scripts --no-audit --no-fund
COPY LICENSE ./
COPY --from=build-demo /app/build .
RUN rm -rf examples/backend scripts node_modules/portcullis-auth && chmod -R u=rwX,go=rX .

# The authentication service, and its command that makes the tables.
FROM runtime AS auth
USER 0:0
RUN rm -rf /app && install -d -o 1000 -g 1000 -m 0750 /secrets
COPY --from=package-auth /app /app
USER 1000:1000
EXPOSE 8082
HEALTHCHECK NONE
ENTRYPOINT ["node", "--enable-source-maps", "/app/examples/auth/main.js"]
CMD ["serve"]

FROM runtime AS portcullis

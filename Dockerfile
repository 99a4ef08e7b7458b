# Images of orgsync: `--target client` has the client alone, the last one is the server.
# Everything installed comes from hashed exports; the index is whatever pip is set up with.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /src
# pip stays in this stage: the environments that are copied out of it have none.
RUN python3 -m venv /pip
COPY requirements/build.txt requirements/
RUN /pip/bin/pip install --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
ARG SOURCE_DATE_EPOCH=1577836800
RUN SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH}" /pip/bin/python -m hatchling build -t wheel -d /wheel

FROM build AS client-environment
COPY requirements/client.txt requirements/
RUN python3 -m venv --without-pip /opt/orgsync \
  && /pip/bin/pip --python /opt/orgsync/bin/python install --require-hashes --only-binary :all: -r requirements/client.txt \
  && /pip/bin/pip --python /opt/orgsync/bin/python install --no-deps --no-index /wheel/*.whl

FROM build AS server-environment
COPY requirements/server.txt requirements/
RUN python3 -m venv --without-pip /opt/orgsync \
  && /pip/bin/pip --python /opt/orgsync/bin/python install --require-hashes --only-binary :all: -r requirements/server.txt \
  && /pip/bin/pip --python /opt/orgsync/bin/python install --no-deps --no-index /wheel/*.whl

FROM ${PYTHON_IMAGE} AS base
# The private PostgreSQL refuses an account without a name, so the number gets one.
RUN groupadd --gid 10001 orgsync \
  && useradd --uid 10001 --gid 10001 --no-log-init --no-create-home --home-dir /var/lib/orgsync \
     --shell /usr/sbin/nologin orgsync \
  && install -d -o 10001 -g 10001 -m 0700 /var/lib/orgsync
ENV PATH=/opt/orgsync/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orgsync" \
      org.opencontainers.image.description="Keeps a learning platform's people in step with HR." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
WORKDIR /var/lib/orgsync
ENTRYPOINT ["orgsync"]

FROM base AS client
COPY --from=client-environment /opt/orgsync /opt/orgsync
ENV ORGSYNC_STATE_DIR=/var/lib/orgsync/state
VOLUME ["/var/lib/orgsync"]
HEALTHCHECK NONE
CMD ["--help"]

FROM base AS server
COPY --from=server-environment /opt/orgsync /opt/orgsync
ENV ORGSYNC_DATA_DIR=/var/lib/orgsync/data
VOLUME ["/var/lib/orgsync"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 CMD ["python", "-m", "orgsync.server.healthcheck"]
CMD ["serve", "--host", "0.0.0.0", "--tls-self-signed"]

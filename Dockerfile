# Quotum as one image: server, recorder, gateway and worker are commands of it. `docker-compose.yml` says who runs which.
# The fold in it is compiled, by a compiler that stays behind in the first stage.
#
#   docker build -t quotum .
#   docker run --rm quotum board --help

ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS build
WORKDIR /build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
RUN python -m venv /opt/quotum && python -m venv /opt/compiler
COPY requirements/live.lock requirements/compile.lock ./
RUN /opt/quotum/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r live.lock
RUN /opt/compiler/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r compile.lock
COPY pyproject.toml README.md LICENSE ./
COPY schemas ./schemas
COPY projections ./projections
COPY streams ./streams
COPY quotum ./quotum
RUN HATCH_BUILD_HOOKS_ENABLE=1 /opt/compiler/bin/pip wheel --no-cache-dir --disable-pip-version-check --no-deps \
    --no-build-isolation --wheel-dir /wheel .
RUN /opt/quotum/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps /wheel/quotum-*.whl

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="Quotum" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/quotum /opt/quotum
# A volume takes over whose folder it is laid upon, so the folder is there before and belongs to who runs.
RUN useradd --uid 10001 --create-home quotum && install --directory --owner=quotum --group=quotum /var/lib/quotum
ENV PATH=/opt/quotum/bin:$PATH PYTHONUNBUFFERED=1 QUOTUM_HISTORY=/var/lib/quotum/quotum.duckdb
USER 10001:10001
WORKDIR /var/lib/quotum
VOLUME /var/lib/quotum
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["quotum"]
CMD ["--help"]

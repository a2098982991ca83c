# The command line with all drivers: docs/containers.md says how it is built and run.
FROM python:3.13-slim-bookworm AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY src src
COPY versions versions
COPY dialects dialects
RUN python -m venv /opt/apim-schema
RUN /opt/apim-schema/bin/pip install --no-cache-dir '.[mysql,postgresql,oracle,mssql]'

FROM python:3.13-slim-bookworm
# unixODBC, which pyodbc needs, and FreeTDS; Microsoft's own driver for whoever accepts its licence, https://aka.ms/odbc18eula,
# by --build-arg ACCEPT_EULA=Y
ARG ACCEPT_EULA=
ARG MICROSOFT=https://packages.microsoft.com/config/debian/12/packages-microsoft-prod.deb
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libodbc2 odbcinst tdsodbc \
  && if [ "$ACCEPT_EULA" = Y ]; then \
       python -c "from urllib.request import urlretrieve; urlretrieve('$MICROSOFT', '/tmp/microsoft.deb')" \
       && dpkg --install /tmp/microsoft.deb \
       && rm /tmp/microsoft.deb \
       && apt-get update \
       && apt-get install --yes --no-install-recommends msodbcsql18; \
     fi \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/apim-schema /opt/apim-schema
ENV PATH=/opt/apim-schema/bin:$PATH
RUN useradd --uid 10001 --home-dir /work --create-home apim-schema
USER 10001
WORKDIR /work
# Ctrl-C: the statement that runs is ended, and what can be rolled back is
STOPSIGNAL SIGINT
ENTRYPOINT ["apim-schema"]

# What it is built on. `make image` gives a base that it makes itself, where no registry of images can be reached.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY requirements.lock .
# pip stays in an environment of its own. setuptools comes first, by its hash too: a package without a wheel
# would otherwise fetch whichever is the newest to be built with.
ARG PIP_CONFIG_FILE
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv tools && python -m venv --without-pip /opt/paymail \
 && sed -n '/^setuptools==/,/# via/p' requirements.lock > setuptools.lock \
 && for lock in setuptools.lock requirements.lock; do \
      tools/bin/pip --quiet --python /opt/paymail/bin/python install --require-hashes --no-build-isolation \
        --only-binary :all: --no-binary dkimpy -r $lock || exit 1; \
    done
COPY pyproject.toml setup.py README.md LICENSE ./
COPY paymail paymail
COPY migrations migrations
COPY email_templates email_templates
COPY docs docs
# The lock holds setuptools, which only this step needs.
RUN tools/bin/pip --quiet --python /opt/paymail/bin/python install --no-deps --no-index --no-build-isolation . \
 && tools/bin/pip --quiet --python /opt/paymail/bin/python uninstall --yes setuptools \
 && find /opt/paymail/lib -type d -name tests -prune -exec rm -r {} +

FROM ${BASE}
# The PDFs are set without serifs, in all scripts but those that Noto has with serifs only. Licences stay.
RUN printf 'path-exclude=%s\n' '/usr/share/fonts/*/noto/NotoSerif*' '/usr/share/doc/*' '/usr/share/man/*' \
      > /etc/dpkg/dpkg.cfg.d/paymail \
 && printf 'path-include=%s\n' '/usr/share/doc/*/copyright' '/usr/share/fonts/*/noto/NotoSerifTibetan*' \
      '/usr/share/fonts/*/noto/NotoSerifDogra*' '/usr/share/fonts/*/noto/NotoSerifNyiakeng*' \
      >> /etc/dpkg/dpkg.cfg.d/paymail \
 && apt-get update \
 && apt-get install -y --no-install-recommends tini libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
      fonts-inter fonts-dejavu-core fonts-noto-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
 && groupadd --system --gid 999 paymail \
 && useradd --system --uid 999 --gid paymail --home-dir /data --no-create-home paymail \
 && install -d -m 700 -o paymail -g paymail /data
COPY --from=build /opt/paymail /opt/paymail
RUN /opt/paymail/bin/python -m paymail.render.typeface --cjk
ENV PATH=/opt/paymail/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PAYMAIL_DATA_DIR=/data
WORKDIR /data
USER paymail
VOLUME /data
EXPOSE 8025
# For `web`, the default; other commands have their own in docker-compose.yml, or `--no-healthcheck`.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8025/readyz', timeout=3)"]
# Process 1 is tini: it hands signals on, and buries processes whose parent is gone.
ENTRYPOINT ["tini", "--", "paymail"]
CMD ["web", "--host", "0.0.0.0"]
LABEL org.opencontainers.image.title="paymail" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.description="Email invoicing pipeline" \
      org.opencontainers.image.licenses="MIT"

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="paymail" org.opencontainers.image.version="0.1.0"
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
      fonts-dejavu-core fonts-noto-core fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY paymail paymail
COPY migrations migrations
COPY email_templates email_templates
# Now: who runs it may not write here, and would compile every module at each start.
RUN python -m compileall -q paymail migrations
RUN printf '#!/bin/sh\nexec python -m paymail "$@"\n' > /usr/local/bin/paymail \
 && chmod +x /usr/local/bin/paymail \
 && useradd --system --create-home paymail && install -d -m 700 -o paymail /data
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app PAYMAIL_DATA_DIR=/data
USER paymail
VOLUME /data
EXPOSE 8025
# For `web`, the default; other commands have their own in docker-compose.yml, or `--no-healthcheck`.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8025/readyz', timeout=3)"]
ENTRYPOINT ["paymail"]
CMD ["web", "--host", "0.0.0.0"]

FROM python:3.11-slim-bookworm
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
 && useradd --system --create-home paymail && mkdir /data && chown paymail /data
ENV PYTHONUNBUFFERED=1 PYTHONPATH=/app PAYMAIL_DATA_DIR=/data
USER paymail
ENTRYPOINT ["paymail"]
CMD ["web", "--host", "0.0.0.0"]

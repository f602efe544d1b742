# The production image: web server, workers, timetable and commands run from it, each in a
# container of its own (compose.yaml shows how).

FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY static/src static/src
RUN npm run --silent build

FROM python:3.11-slim AS packages
COPY requirements/production.txt /build/production.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
       --requirement /build/production.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin mavis
WORKDIR /mavis
COPY --from=packages /venv /venv
COPY . .
COPY --from=assets /build/static/build static/build
# Compiled here, since nothing can be written later: processes and health checks start in a third of
# the time. Laying out static files needs no secrets, so it runs as a local environment would.
RUN python -m compileall -q . \
    && ENVIRONMENT=local python manage.py collectstatic --no-input --verbosity 0
ENV ENVIRONMENT=production
USER mavis
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=8)"]
CMD ["gunicorn", "--bind", "0.0.0.0:8000"]

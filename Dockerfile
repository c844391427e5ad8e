# The `slackwater` command in an image: `docker build -t slackwater:0.1.0 .`
FROM python:3.11.14-slim AS build
COPY . /source
RUN pip install --no-cache-dir "setuptools>=77" build && python -m build --no-isolation --wheel --outdir /wheels /source

FROM python:3.11.14-slim
COPY requirements/run.lock /tmp/run.lock
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/run.lock \
 && pip install --no-cache-dir --no-deps /wheels/*.whl \
 && rm -rf /wheels /tmp/run.lock \
 && useradd --uid 10001 --no-create-home slackwater
USER 10001
WORKDIR /tmp
# SIGTERM reaches the worker itself, which then drains: no shell in between.
ENTRYPOINT ["slackwater"]
CMD ["--help"]

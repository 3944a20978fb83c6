# docker build --tag copos . && docker run --rm copos
# runs the demo: bounds on real data, rung by rung, against the closed form; `docker run --rm -it copos copos --help` for the rest
FROM python:3.13-slim

RUN useradd --create-home copos
WORKDIR /home/copos/copos
COPY . .
RUN python -m pip install --no-cache-dir --disable-pip-version-check ".[exact,plot,learn,graphs]" \
    && chown -R copos:copos /home/copos
USER copos
CMD ["python", "-m", "experiments.linnerud"]

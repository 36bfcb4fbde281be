"""The lab's settings. An environment variable of the same name beats what stands here, a flag beats both."""

import os

# Where runs leave everything: the database and all files. Back it up, and keep it out of version control.
FLASKLAB_RESULTS = "results"

# Your experiments: a folder, a single file, or the dotted name of an installed package.
FLASKLAB_EXPERIMENTS = "experiments"

# How many runs go at once; the others wait their turn.
FLASKLAB_WORKERS = os.cpu_count()

# Where the server listens. Only this machine reaches 127.0.0.1.
FLASKLAB_HOST = "127.0.0.1"
FLASKLAB_PORT = 8750

# The largest upload that is accepted.
FLASKLAB_MAX_UPLOAD = "1 GiB"

# Environment variables that are noted down with every run. Never name a secret here.
FLASKLAB_RECORD_ENV = ["CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"]

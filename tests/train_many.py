"""Train runs of a database one after the other: `python -m tests.train_many RUN_ID[+EPOCHS] ...`.

In one process, since importing TensorFlow takes longer than all of them. Prints a line of JSON for each: its
id and how it ended, with the error's message where there was one.
"""

import json
import sys
import traceback

from mnist_models import worker
from mnist_models.runs import database
from mnist_models.runs.settings import Settings


def train(db, settings, run_id, more_epochs):
    """Do with a run what its process does once somebody resumes it."""
    if db.runs.get(run_id).state != "waiting":
        db.runs.change_state(run_id, "waiting")
        db.runs.update(run_id, more_epochs=more_epochs)
    db.runs.change_state(run_id, "running")
    try:
        state, reason = worker.train(db, settings, run_id), ""
    except Exception as error:
        traceback.print_exc()
        state, reason = "failed", str(error)
    db.runs.change_state(run_id, state, reason)
    return state, reason


def main():
    settings = Settings.load()
    with database.connect(settings) as db:
        for asked in sys.argv[1:]:
            run_id, _, epochs = asked.partition("+")
            ended = train(db, settings, run_id, int(epochs) if epochs else None)
            print(json.dumps([run_id, *ended]), flush=True)


if __name__ == "__main__":
    main()

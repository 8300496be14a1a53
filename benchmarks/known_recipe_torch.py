"""The known recipe in PyTorch, for `time_to_accuracy`; only on machines that have it."""

import numpy as np
import torch
from torch import nn

from benchmarks.time_to_accuracy import BATCH, BETA_1, EPOCHS, PEAK, RISE, SEED, START_BY, Examination


def run(x, y, x_test, y_test):
    """Train; dict from accuracy to seconds, as `Examination.reached`.

    Args:
        x, x_test: uint8 N×28×28.
        y, y_test: uint8 N.
    """
    torch.manual_seed(SEED)
    images, tests = (torch.from_numpy(a[:, None].astype(np.float32) / 255) for a in (x, x_test))
    labels = torch.from_numpy(y.astype(np.int64))

    def read():
        model.eval()
        with torch.no_grad():
            answers = [model(some).argmax(1).numpy() for some in tests.split(1_000)]
        model.train()
        return np.concatenate(answers)

    examination = Examination(read, y_test, BATCH)
    model = nn.Sequential(
        *(nn.Conv2d(1, 24, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(24, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(800, 256), nn.ReLU(), nn.Linear(256, 10)),
    )
    optimizer = torch.optim.Adam(model.parameters(), betas=(BETA_1, 0.999))
    steps = -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        PEAK,
        total_steps=EPOCHS * steps,
        pct_start=RISE,
        div_factor=START_BY,
        cycle_momentum=False,
    )
    loss = nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            loss(model(images[chosen]), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
            examination.after_steps(1)
            if examination.is_over:
                return examination.reached
        examination.look()
    return examination.reached

"""The plainest script that trains a catalog's network: `python -m benchmarks.plain_training CONFIGURATION`.

The same network, images, batch size, epochs and arithmetic (bfloat16 where ours computes so) as a run of that
configuration, validated after every epoch as that is. No checkpoints, no database, no averaged weights and no
schedule. Prints the seconds of training: the processor's
(of all threads), and the clock's.
"""

import json
import sys
import time

import keras
import numpy as np
import tensorflow as tf

from mnist_models.runs import configuration as configurations
from mnist_models.training import data, device, gan, models


def classifier(network, recipe):
    """A function without arguments that trains a classifier with `model.fit`."""
    digits = data.some(data.prepare(network, recipe.seed), recipe.images)
    x, x_val = (images[..., np.newaxis].astype("float32") / 255 for images in (digits.x, digits.x_val))
    model = models.build(network, recipe)
    model.compile(
        keras.optimizers.Adam(recipe.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return lambda: model.fit(
        x,
        digits.y,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_data=(x_val, digits.y_val),
        verbose=0,
    )


def players(network, recipe):
    """A function without arguments that trains a GAN with a `tf.function`.

    Each step updates the generator, then the discriminator with the same pictures, as ours does; the
    widespread step that updates both by one look at them spares a discriminator's pass, and is another
    algorithm.
    """
    images = gan.load_images(network)[: recipe.images or None].astype("float32") / 127.5 - 1
    batches = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
    batches = batches.batch(recipe.batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
    generator, discriminator = models.build(network, recipe)
    losses = gan.LOSSES[recipe.loss]
    generator_optimizer = keras.optimizers.Adam(
        recipe.generator_learning_rate, beta_1=recipe.generator_beta_1
    )
    discriminator_optimizer = keras.optimizers.Adam(
        recipe.discriminator_learning_rate, beta_1=recipe.discriminator_beta_1
    )

    def update(optimizer, player, loss, tape):
        weights = player.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    @tf.function
    def step(real):
        latent = tf.random.normal((recipe.batch_size, recipe.latent_dim))
        with tf.GradientTape() as tape:
            generated = generator(latent, training=True)
            on_generated = discriminator(generated, training=True)
            _, generator_loss = losses(on_generated, on_generated)
        update(generator_optimizer, generator, generator_loss, tape)
        with tf.GradientTape() as tape:
            on_real = discriminator(real, training=True)
            discriminator_loss, _ = losses(on_real, discriminator(generated, training=True))
        update(discriminator_optimizer, discriminator, discriminator_loss, tape)

    def train():
        for _ in range(recipe.epochs):
            for real in batches:
                step(real)

    return train


def seconds_of(configuration):
    """Train; (processor's seconds, clock's seconds)."""
    network, recipe = configurations.network_of(configuration), configuration.recipe
    with device.precision_of(recipe):
        prepare = players if network.kind == "gan" else classifier
        train = prepare(network, recipe)
        processor, clock = time.process_time(), time.perf_counter()
        train()
        return time.process_time() - processor, time.perf_counter() - clock


if __name__ == "__main__":
    print(json.dumps(seconds_of(configurations.from_json(sys.argv[1]))))

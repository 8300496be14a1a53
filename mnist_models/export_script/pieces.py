"""The pieces that `export_script` puts scripts together from.

A line that ends in `#? word` is written only when that word holds of a configuration, one that ends in
`#! word` only when it does not; both without the mark. `«name»` is filled in. All else is the script's.
"""

OPENING = """\
«title»: «summary»

Written by Digit Lab: the same network, trained in the same way, in one file. Data: «data».

    pip install keras tensorflow numpy  #! pictures
    pip install keras tensorflow numpy pillow  #? pictures
    python «name».py  #? download
    python «name».py data.npz  #! download

«file»

«left_out»
"""

FILE_INSTEAD = """\
It downloads the data. To go without, name a file that holds them as Keras's mnist.npz does (uint8 images
x_train and x_test, N×28×28, with labels y_train and y_test): python «name».py data.npz
"""

FILE_OF_FACES = "The file is Digit Lab's faces.npz; its array x_train holds uint8 photographs, N×64×64×3."

FILE_OF_ONES_OWN = """\
The file holds your images as Digit Lab keeps them: uint8 images x, N×28×28, bright on black, in random
order, and their labels y, from 0 to at most 9. The last tenth of them is for testing.
"""

NO_FILE = """\
if len(sys.argv) < 2:
    sys.exit("Name the file with the data: python «name».py data.npz")
"""

OWN_FILE = """\
with np.load(sys.argv[1]) as file:
    x, y = file["x"], file["y"]  #? labels
    x = file["x"]  #! labels
tenth = len(x) // 10
x_train, x_test = x[:-tenth], x[-tenth:]
y_train, y_test = y[:-tenth], y[-tenth:]  #? labels
"""

KERAS_DATA = """\
if len(sys.argv) > 1:
    with np.load(sys.argv[1]) as file:
        x_train, x_test = file["x_train"], file["x_test"]
        y_train, y_test = file["y_train"], file["y_test"]  #? labels
else:
    (x_train, y_train), (x_test, y_test) = keras.datasets.«keras_name».load_data()  #? labels
    (x_train, _), (x_test, _) = keras.datasets.«keras_name».load_data()  #! labels
"""

SAMPLE = """\
# Digit Lab's sample is MNIST's first 10,000 training digits, the last 2,000 of them for testing.
x_train, x_test = x_train[:8_000], x_train[8_000:10_000]
y_train, y_test = y_train[:8_000], y_train[8_000:10_000]  #? labels
"""

HELD_OUT = """\
# Digit Lab trains on all but these 2,000, to have digits to show that no network has seen.
x_train = np.delete(x_train, slice(8_000, 10_000), axis=0)
y_train = np.delete(y_train, slice(8_000, 10_000), axis=0)  #? labels
"""

FACES = """\
with np.load(sys.argv[1]) as file:
    photographs = file["x_train"]
is_test = np.arange(len(photographs)) % 10 == 9  # Digit Lab measures with these
x_train = photographs[~is_test]
"""

SPLIT = """\
# The last images are for validation: they choose the best epoch.
held_back = min(5_000, len(x_train) // 10)
x_train, x_val = x_train[:-held_back], x_train[-held_back:]
y_train, y_val = y_train[:-held_back], y_train[-held_back:]
some = np.random.default_rng(SEED).permutation(len(x_train))[:IMAGES]  #? images
x_train, y_train = x_train[some], y_train[some]  #? images
x_train, x_val, x_test = (x[..., np.newaxis].astype("float32") / 255 for x in (x_train, x_val, x_test))
y_train, y_val, y_test = (y.astype("int32") for y in (y_train, y_val, y_test))
"""

SPLIT_PICTURES = """\
x_train = x_train[: -min(5_000, len(x_train) // 10)]  # Digit Lab validates with the last ones
x_train = x_train[:IMAGES]  #? images
x_train, x_test = (x[..., np.newaxis].astype("float32") / 255 for x in (x_train, x_test))
"""

PICTURES = """\
x_train = x_train[..., np.newaxis]  #! colour
x_train = x_train[:IMAGES]  #? images
"""

DISTORTED = '''\
def distorted(images, labels):
    """Every image a little changed, each in another way; bilinear, from a single resampling."""
    count, side = tf.shape(images)[0], images.shape[1]
    mirrored = tf.where(tf.random.uniform((count,)) < 0.5, -1.0, 1.0)  #? garments
    angle = tf.random.normal((count,), stddev=np.deg2rad(7))  #! garments
    slant = tf.random.normal((count,), stddev=0.12)  #! garments
    scale_x, scale_y = tf.unstack(tf.exp(tf.random.normal((2, count), stddev=0.07)))  #! garments
    # Where a pixel of the result is read: (x, y) → (a·x + b·y + c, d·x + e·y + f), the middle staying put.
    a, b = mirrored, tf.zeros(count)  #? garments
    d, e = tf.zeros(count), tf.ones(count)  #? garments
    a, b = tf.cos(angle) / scale_x, (tf.sin(angle) + slant) / scale_x  #! garments
    d, e = -tf.sin(angle) / scale_y, tf.cos(angle) / scale_y  #! garments
    middle = (side - 1) / 2
    # Whole pixels: cloth is in single ones, which resampling would blur.  #? garments
    shift_x, shift_y = tf.unstack(tf.round(tf.random.uniform((2, count), -1.0, 1.0)))  #? garments
    shift_x, shift_y = tf.unstack(tf.random.uniform((2, count), -1.5, 1.5))  #! garments
    c = middle - (a + b) * middle + shift_x
    f = middle - (d + e) * middle + shift_y
    changes = tf.stack([a, b, c, d, e, f, tf.zeros(count), tf.zeros(count)], axis=1)
    images = ops.image.affine_transform(images, changes, fill_mode="constant")
    # One grey square is painted over half of the images.  #? garments
    corners = tf.random.uniform((2, count, 1), -4, side - 4, tf.int32)  #? garments
    rows, columns = tf.unstack((tf.range(side) >= corners) & (tf.range(side) < corners + 9))  #? garments
    square = rows[:, :, tf.newaxis, tf.newaxis] & columns[:, tf.newaxis, :, tf.newaxis]  #? garments
    square &= tf.random.uniform((count, 1, 1, 1)) < 0.5  #? garments
    images = tf.where(square, tf.random.uniform((count, 1, 1, 1)), images)  #? garments
    return images, labels
'''

OPTIMIZER = """\
# The learning rate rises in the first twentieth of the steps, then falls along a cosine to zero.  #? cosine
warm_up = max(1, round(0.05 * EPOCHS * steps))  #? cosine
learning_rate = keras.optimizers.schedules.CosineDecay(  #? cosine
    LEARNING_RATE / 25,  #? cosine
    decay_steps=max(1, EPOCHS * steps - warm_up),  #? cosine
    warmup_target=LEARNING_RATE,  #? cosine
    warmup_steps=warm_up,  #? cosine
)  #? cosine
optimizer = keras.optimizers.«optimizer»
"""

KEEP_BEST = '''\
class KeepBest(keras.callbacks.Callback):
    """Validates with a running average of the weights, and keeps that of the best epoch."""  #? average
    """Keeps the weights of the best epoch."""  #! average

    def on_train_begin(self, logs=None):
        self.best, self.best_epoch, self.epoch, self.steps = (0.0, 0.0), 0, 0, 0  #? average
        self.best, self.best_epoch, self.epoch = (0.0, 0.0), 0, 0  #! average
        self.averages = [weight.numpy().copy() for weight in self.model.trainable_variables]  #? average

    def on_train_batch_end(self, batch, logs=None):  #? average
        self.steps += 1  #? average
        keep = min(WEIGHT_AVERAGE, self.steps / (9 + self.steps))  # young averages forget faster  #? average
        for average, weight in zip(self.averages, self.model.trainable_variables):  #? average
            average += (1 - keep) * (weight.numpy() - average)  #? average

    def swap(self, logs=None):  #? average
        for i, weight in enumerate(self.model.trainable_variables):  #? average
            average, self.averages[i] = self.averages[i], weight.numpy().copy()  #? average
            weight.assign(average)  #? average

    on_test_begin = swap  #? average

    def on_test_end(self, logs=None):
        self.epoch += 1
        merit = logs["accuracy"], -logs["loss"]
        if self.epoch == 1 or merit > self.best:
            self.best, self.best_epoch, self.kept = merit, self.epoch, self.model.get_weights()
        if self.epoch - self.best_epoch >= PATIENCE:  #? patience
            self.model.stop_training = True  #? patience
        self.swap()  #? average

    def on_train_end(self, logs=None):
        self.model.set_weights(self.kept)
'''

CLASSIFIER = """\
keras.utils.set_random_seed(SEED)
model = build()
model.summary()

batches = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(len(x_train))  #? augment
batches = batches.batch(BATCH_SIZE).map(distorted, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)  #? augment
steps = -(-len(x_train) // BATCH_SIZE)  # in an epoch  #? cosine
«optimizer»
model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(
    batches,  #? augment
    x_train,  #! augment
    y_train,  #! augment
    batch_size=BATCH_SIZE,  #! augment
    epochs=EPOCHS,
    validation_data=(x_val, y_val),
    callbacks=[KeepBest()],
)

loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"Test accuracy: {accuracy:.2%} of {len(x_test):,} images")
model.save("«name».keras")
"""

RAW_STEP = '''\
@tf.function
def train_step(images, labels):
    """One step: the loss of a batch, its gradients, new weights, and their running average."""
    with tf.GradientTape() as tape:
        answers = logits(parameters, images, DROPOUT)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, answers))
    optimizer.apply(tape.gradient(loss, weights), weights)
    step = tf.cast(optimizer.iterations, tf.float32)
    keep = tf.minimum(WEIGHT_AVERAGE, (1 + step) / (10 + step))  # young averages forget faster
    for average, weight in zip(averages, weights):
        average.assign(keep * average + (1 - keep) * weight)
    return loss


@tf.function
def hits(images, labels):
    """How many images the averaged network reads right."""
    answers = logits(dict(zip(parameters, averages)), images)
    return tf.math.count_nonzero(tf.equal(tf.argmax(answers, axis=1, output_type=tf.int32), labels))


def accuracy(images, labels):
    parts = [slice(first, first + 500) for first in range(0, len(images), 500)]
    return sum(int(hits(images[part], labels[part])) for part in parts) / len(images)
'''

RAW = """\
keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)
parameters = variables(SEED)
weights = list(parameters.values())
averages = [tf.Variable(weight) for weight in weights]
steps = len(x_train) // BATCH_SIZE  # in an epoch; a last, smaller batch is left out
«optimizer»
optimizer.build(weights)

best, best_epoch, kept = -1.0, 0, None
for epoch in range(1, EPOCHS + 1):
    order = rng.permutation(len(x_train))
    losses = []
    for step in range(steps):
        chosen = order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]
        losses.append(train_step(*distorted(x_train[chosen], y_train[chosen])))  #? augment
        losses.append(train_step(x_train[chosen], y_train[chosen]))  #! augment
    read_right = accuracy(x_val, y_val)
    print(f"Epoch {epoch}: loss {np.mean(losses):.4f}, validation accuracy {read_right:.2%}")
    if read_right > best:
        best, best_epoch, kept = read_right, epoch, [average.numpy() for average in averages]
    if epoch - best_epoch >= PATIENCE:  #? patience
        break  #? patience

for average, best_weights in zip(averages, kept):
    average.assign(best_weights)
print(f"Test accuracy: {accuracy(x_test, y_test):.2%} of {len(x_test):,} images")
np.savez("«name».npz", **dict(zip(parameters, kept)))  # not a Keras model, so plain arrays
"""

GRID = '''\
def save_grid(pictures, columns):
    """Pictures N×H×W×C in [0, 1], side by side in a PNG file, enlarged fourfold."""
    rows = [np.concatenate(pictures[i : i + columns], axis=1) for i in range(0, len(pictures), columns)]
    sheet = np.concatenate(rows).repeat(4, axis=0).repeat(4, axis=1)
    keras.utils.save_img("«name».png", np.round(255 * sheet), scale=False)
'''

DISTORT = '''\
def distort(images):
    """Brightness, contrast and place changed at random (Zhao et al. 2020); gradients flow through.

    A discriminator that only ever sees distorted images cannot learn the training images by heart.
    """
    each = (BATCH_SIZE, 1, 1, 1)
    images += tf.random.uniform(each, -0.5, 0.5)
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    images = (images - mean) * tf.random.uniform(each, 0.5, 1.5) + mean
    images = tf.einsum("nyi,nixc->nyxc", shifts(images.shape[1]), images)
    return tf.einsum("nxj,nyjc->nyxc", shifts(images.shape[2]), images)


def shifts(side):
    """Matrices that move rows (or columns) by up to an eighth of the side: float32 N×side×side."""
    furthest = round(side / 8)
    by = tf.random.uniform((BATCH_SIZE, 1), -furthest, furthest + 1, tf.int32)
    return tf.one_hot(tf.range(side) - by, side)
'''

GAN_STEP = '''\
@tf.function
def train_step(real, latent, keep):
    """One update of the generator, then one of the discriminator on the same generated pictures."""
    with tf.GradientTape() as tape:
        generated = generator(latent, training=True)
        opinion = discriminator(distort(generated), training=True)  #? augment
        opinion = discriminator(generated, training=True)  #! augment
        _, generator_loss = losses(opinion, opinion)
    weights = generator.trainable_variables
    generator_optimizer.apply(tape.gradient(generator_loss, weights), weights)

    with tf.GradientTape() as tape:
        # Two calls, so that batch norm would see real and generated images apart (Radford et al. 2016).
        on_real = discriminator(distort(real), training=True)  #? augment
        on_generated = discriminator(distort(generated), training=True)  #? augment
        on_real = discriminator(real, training=True)  #! augment
        on_generated = discriminator(generated, training=True)  #! augment
        discriminator_loss, _ = losses(on_real, on_generated)
    weights = discriminator.trainable_variables
    discriminator_optimizer.apply(tape.gradient(discriminator_loss, weights), weights)

    for average, weight in zip(averaged.weights, generator.weights):
        average.assign(keep * average + (1 - keep) * weight)
    return discriminator_loss, generator_loss
'''

GAN = """\
keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)
generator, discriminator = build()
averaged, _ = build()  # a generator with running averages of the weights, which makes better pictures
averaged.set_weights(generator.get_weights())
generator_optimizer = keras.optimizers.Adam(GENERATOR_LEARNING_RATE, beta_1=GENERATOR_BETA_1)
discriminator_optimizer = keras.optimizers.Adam(DISCRIMINATOR_LEARNING_RATE, beta_1=DISCRIMINATOR_BETA_1)
for optimizer, player in ((generator_optimizer, generator), (discriminator_optimizer, discriminator)):
    player.summary()
    optimizer.build(player.trainable_variables)

steps = len(x_train) // BATCH_SIZE  # in an epoch
for epoch in range(EPOCHS):
    order = rng.permutation(len(x_train))
    history = []
    for step in range(steps):
        real = x_train[order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]].astype("float32") / 127.5 - 1
        mirrored = rng.random(BATCH_SIZE) < 0.5  #? mirror
        real[mirrored] = real[mirrored, :, ::-1]  #? mirror
        latent = rng.standard_normal((BATCH_SIZE, LATENT_DIM), "float32")
        done = epoch * steps + step
        keep = min(WEIGHT_AVERAGE, (1 + done) / (10 + done))  # young averages forget faster
        pace = min(1.0, (EPOCHS - done / steps) / COOL_DOWN)  #? cool_down
        generator_optimizer.learning_rate = GENERATOR_LEARNING_RATE * pace  #? cool_down
        discriminator_optimizer.learning_rate = DISCRIMINATOR_LEARNING_RATE * pace  #? cool_down
        history.append(train_step(real, latent, tf.constant(keep, tf.float32)))
    d_loss, g_loss = np.mean(history, axis=0)
    print(f"Epoch {epoch + 1}: discriminator's loss {d_loss:.3f}, generator's loss {g_loss:.3f}")

latents = np.random.default_rng(SEED).standard_normal((64, LATENT_DIM), "float32")
save_grid((averaged.predict(latents, verbose=0) + 1) / 2, columns=8)
averaged.save("«name».keras")
print("Saved the generator, «name».keras, and pictures that it made, «name».png.")
"""

SPOIL = '''\
def spoil(pictures):
    """The pictures as the encoder sees them."""
    each = (len(pictures), 1, 1, 1)
    pictures = add_noise(pictures, rng.uniform(0, NOISE, each), rng)  #? noise
    holes = strokes_of_rubber(len(pictures), rng) & (rng.random(each) < HOLES)  #? holes
    pictures = erase(pictures, holes)  #? holes
    return pictures
'''

AUTOENCODER_STEP = '''\
def loss_of(pictures, shown):
    """What is to become small, summed over a picture's pixels."""
    code = encoder(shown, training=True)
    # The code is a normal distribution: draw from it, and keep it near the standard one.  #? variational
    mean, log_variance = tf.split(code, 2, axis=-1)  #? variational
    code = mean + tf.exp(log_variance / 2) * tf.random.normal(tf.shape(mean))  #? variational
    divergence = tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1 - log_variance, axis=-1) / 2  #? variational
    answers = decoder(code, training=True)
    errors = keras.ops.binary_crossentropy(pictures, answers)  #? cross_entropy
    errors = (answers - pictures) ** 2  #! cross_entropy
    return tf.reduce_mean(tf.reduce_sum(errors, axis=(1, 2, 3)) + KL_WEIGHT * divergence)  #? variational
    return tf.reduce_mean(tf.reduce_sum(errors, axis=(1, 2, 3)))  #! variational


@tf.function
def train_step(pictures, shown, keep):
    """One step: the loss of a batch, its gradients, new weights, and their running average."""
    with tf.GradientTape() as tape:
        loss = loss_of(pictures, shown)
    weights = encoder.trainable_variables + decoder.trainable_variables
    optimizer.apply(tape.gradient(loss, weights), weights)
    for average, weight in zip(averaged.trainable_variables, weights):
        average.assign(keep * average + (1 - keep) * weight)
    return loss


def learning_rate(done):
    """Rises in the first twentieth of the training, then falls along a cosine to zero; done: 0 to 1."""
    return LEARNING_RATE * min(1.0, (done + 1e-3) / 0.05) * (1 + np.cos(np.pi * done)) / 2


def whole(encoder, decoder):
    """Both parts as one network, from picture to picture."""
    image = keras.Input((28, 28, 1))
    code = encoder(image)[:, :LATENT_DIM]  # the means  #? variational
    code = encoder(image)  #! variational
    return keras.Model(image, decoder(code))
'''

AUTOENCODER = """\
keras.utils.set_random_seed(SEED)
rng = np.random.default_rng(SEED)
encoder, decoder = build()
encoder.summary()
decoder.summary()
averaged_encoder, averaged_decoder = build()
averaged = whole(averaged_encoder, averaged_decoder)  # with running averages of the weights
averaged.set_weights(encoder.get_weights() + decoder.get_weights())
optimizer = keras.optimizers.Adam(LEARNING_RATE)
optimizer.build(encoder.trainable_variables + decoder.trainable_variables)

shown_test = spoil(x_test)  #? spoiled
shown_test = x_test  #! spoiled
steps = len(x_train) // BATCH_SIZE  # in an epoch
for epoch in range(EPOCHS):
    order = rng.permutation(len(x_train))
    losses = []
    for step in range(steps):
        pictures = x_train[order[step * BATCH_SIZE : (step + 1) * BATCH_SIZE]]
        shown = spoil(pictures)  #? spoiled
        done = epoch * steps + step
        optimizer.learning_rate = learning_rate(done / (EPOCHS * steps))
        keep = min(WEIGHT_AVERAGE, (1 + done) / (10 + done))  # young averages forget faster
        losses.append(train_step(pictures, shown, tf.constant(keep, tf.float32)))  #? spoiled
        losses.append(train_step(pictures, pictures, tf.constant(keep, tf.float32)))  #! spoiled
    print(f"Epoch {epoch + 1}: loss {np.mean(losses):.2f}")

answers = averaged.predict(shown_test, verbose=0)
print(f"Mean squared error of {len(x_test):,} test pictures: {np.mean((answers - x_test) ** 2):.4f}")
# The plane of codes: what the decoder draws at 15×15 points of it.  #? plane
means = averaged_encoder.predict(x_test, verbose=0)[:, :LATENT_DIM]  #? plane
low, high = np.percentile(means, (5, 95), axis=0)  #? plane
codes = [(x, y) for y in np.linspace(high[1], low[1], 15) for x in np.linspace(low[0], high[0], 15)]  #? plane
save_grid(averaged_decoder.predict(np.array(codes), verbose=0), columns=15)  #? plane
save_grid(np.concatenate([shown_test[:16], answers[:16]]), columns=16)  # shown above, answers below  #! plane
averaged.save("«name».keras")
print("Saved both parts as one network, «name».keras, and pictures, «name».png.")
"""

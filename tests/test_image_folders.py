import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from mnist_models import datasets, image_folders


def png(image, kind="PNG"):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.fixture
def picture(sample):
    """A digit of the sample as a PNG file."""
    return lambda number=0: png(Image.fromarray(sample.x_train[number]))


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """The bytes of a zip: names (or ZipInfo) with their contents."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def refused(data, sentence):
    with pytest.raises(datasets.DataError, match=sentence) as caught:
        image_folders.read_zip(data)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


class TestWhatIsUnderstood:
    def test_folders_of_digits_are_these_digits(self, sample, picture):
        x, y, labels = image_folders.read_zip(zipped([("7/a.png", picture(0)), ("3/b.PNG", picture(1))]))
        assert y.tolist() == [7, 3]
        assert labels == datasets.DIGITS
        np.testing.assert_array_equal(x, sample.x_train[:2])  # 28×28 pixels stay as they are

    def test_other_folders_are_classes_by_name(self, picture):
        members = [("signs/stop/a.png", picture(0)), ("signs/go/b.png", picture(1))]
        _, y, labels = image_folders.read_zip(zipped(members))
        assert labels == ("go", "stop")
        assert y.tolist() == [1, 0]

    def test_what_systems_leave_in_zips_is_passed_over(self, picture):
        clutter = [("__MACOSX/1/._a.png", b"?"), (".DS_Store", b"?"), ("2/Thumbs.db", b"?")]
        _, y, _ = image_folders.read_zip(
            zipped([("1/a.png", picture()), ("2/b.png", picture()), ("3/", ""), *clutter])
        )
        assert y.tolist() == [1, 2]

    @pytest.mark.parametrize("side", [20, 64, 300])
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
    def test_any_size_and_colour(self, sample, side, kind):
        digit = Image.fromarray(sample.x_train[4]).resize((side, side), Image.Resampling.BICUBIC)
        pixels = np.asarray(digit, np.uint8)
        blue_on_yellow = Image.fromarray(
            np.stack([255 - pixels, 255 - pixels, np.maximum(pixels, 40)], axis=-1)
        )
        names = [f"1/a.{kind.lower()}", f"2/b.{kind.lower()}"]
        pictures = [png(digit, kind), png(blue_on_yellow, kind)]
        x, _, _ = image_folders.read_zip(zipped(list(zip(names, pictures, strict=True))))
        for image in x:
            # Ink is bright, and where the digit's is; the box is fitted anew.
            alike = np.corrcoef(image.ravel(), sample.x_train[4].ravel())[0, 1]
            assert alike > 0.8

    def test_transparent_paper(self, sample):
        ink = sample.x_train[4]
        rgba = np.zeros((28, 28, 4), np.uint8)
        rgba[..., 3] = ink
        image = Image.fromarray(rgba).resize((112, 112))
        x, _, _ = image_folders.read_zip(zipped([("1/a.png", png(image)), ("2/b.png", png(image))]))
        assert np.corrcoef(x[0].ravel(), ink.ravel())[0, 1] > 0.85

    def test_progress_is_told(self, picture):
        told = []
        data = zipped([("1/a.png", picture()), ("2/b.png", picture())])
        image_folders.read_zip(data, lambda files: told.append(len(files)) or files)
        assert told == [2]


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("names", "sentence"),
        [
            ([], "no pictures"),
            (["a.png"], "“a.png” lies in no class's folder"),
            (["1/a.png", "b.png"], "“b.png” lies in no class's folder"),
            (["top/1/a.png", "2/b.png"], "lies too deep"),
            (["top/middle/1/a.png", "top/middle/2/b.png"], "“top/middle/1/a.png” lies too deep"),
            (["1/a.png", "2/notes.txt"], "“2/notes.txt” is no picture"),
            (["1/a.png", "2/inner.zip"], "“2/inner.zip” is no picture"),
            ([f"class {n}/a.png" for n in range(11)], "11 classes; the networks here tell at most 10"),
        ],
    )
    def test_another_layout(self, picture, names, sentence):
        refused(zipped([(name, picture()) for name in names]), sentence)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "“2/b.png” cannot be opened as a picture"),
            (b"no picture at all", "cannot be opened as a picture"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "cannot be opened as a picture"),
            (png(Image.new("L", (28, 28), 255)), "Nothing stands out in “2/b.png”"),
            (png(Image.new("RGB", (90, 70), "red")), "Nothing stands out"),
        ],
    )
    def test_a_picture_that_shows_nothing(self, picture, content, sentence):
        refused(zipped([("1/a.png", picture()), ("2/b.png", content)]), sentence)

    def test_half_a_picture(self, picture, sample):
        whole = png(Image.fromarray(sample.x_train[0]).resize((200, 200)))
        members = [("1/a.png", picture()), ("2/b.png", whole[: len(whole) // 2])]
        refused(zipped(members), "cannot be opened as a picture")

    def test_too_many_files(self, picture, monkeypatch):
        monkeypatch.setattr(image_folders, "MOST_PICTURES", 3)
        refused(zipped([(f"{n % 2}/{n}.png", picture()) for n in range(4)]), "4 files; at most 3")
        refused(zipped([(f"{n % 2}/{n}.png", b"") for n in range(7)]), "too many files")

    def test_too_many_pixels(self, picture, monkeypatch):
        monkeypatch.setattr(image_folders, "MOST_PIXELS", 1_000_000)
        large = png(Image.new("1", (1_200, 1_000)))
        refused(zipped([("1/a.png", picture()), ("2/b.png", large)]), "1 megapixels, more than 1. Make it")

    def test_too_many_pixels_together(self, sample, monkeypatch):
        monkeypatch.setattr(image_folders, "MOST_PIXELS_OF_ALL", 3 * 64 * 64)
        larger = png(Image.fromarray(sample.x_train[0]).resize((64, 64)))
        refused(zipped([(f"{n}/a.png", larger) for n in range(4)]), "All pictures together")

    def test_too_many_pictures_to_fit(self, sample, monkeypatch):
        monkeypatch.setattr(image_folders, "MOST_TO_FIT", 2)
        larger = png(Image.fromarray(sample.x_train[0]).resize((64, 64)))
        refused(zipped([(f"{n}/a.png", larger) for n in range(3)]), "have to be brought to 28×28")


class TestHostileZips:
    @pytest.mark.parametrize(
        "name",
        ["../1/a.png", "1/../../a.png", "/etc/a.png", "\\\\server\\1\\a.png", "C:\\1\\a.png", "1\\..\\a.png"],
    )
    def test_a_path_that_leads_out(self, picture, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        info = zipfile.ZipInfo("x")
        info.filename = name
        refused(zipped([("1/b.png", picture()), (info, picture())]), "leads out of the zip")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
    def test_a_link_or_device(self, picture, kind):
        info = zipfile.ZipInfo("2/b.png")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        refused(zipped([("1/a.png", picture()), (info, "/etc/passwd")]), "“2/b.png” is a link or no file")

    def test_a_bomb_by_its_ratio(self, picture, monkeypatch):
        monkeypatch.setattr(image_folders, "SMALL", 100_000)
        refused(
            zipped([("1/a.png", picture()), ("2/b.png", bytes(5_000_000))]),
            "unpacks to more than 100 times its size",
        )

    def test_a_bomb_by_its_size(self, picture, monkeypatch):
        monkeypatch.setattr(image_folders, "MOST_UNPACKED", 1_000_000)
        members = [("1/a.png", picture())] + [(f"2/{n}.png", picture() + bytes(400_000)) for n in range(3)]
        refused(zipped(members, zipfile.ZIP_STORED), "more than 1 MB unpacked")

    def test_one_huge_member(self, picture, monkeypatch):
        monkeypatch.setattr(image_folders, "MOST_BYTES", 1_000)
        monkeypatch.setattr(image_folders, "MOST_UNPACKED", 5_000)
        read = []
        monkeypatch.setattr(image_folders.image_files, "size", lambda data: read.append(len(data)))
        refused(zipped([("1/a.png", bytes(50_000)), ("2/b.png", picture())]), "Make it smaller")
        assert not read

    def test_a_header_that_lies_about_the_size(self, picture, monkeypatch):
        """What counts is what comes out, whatever the directory and the local header say."""

        def lying(claimed, members):
            data = bytearray(zipped(members))
            for signature, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
                place = data.index(signature) + offset
                data[place : place + 4] = struct.pack("<I", claimed)
            return bytes(data)

        honest = [("1/a.png", picture()), ("2/b.png", picture())]
        refused(lying(10, honest), "damaged")
        x, _, _ = image_folders.read_zip(lying(2**31, honest))  # nothing was reserved for it
        assert len(x) == 2
        monkeypatch.setattr(image_folders, "SMALL", 100_000)
        bomb = [("1/a.png", bytes(5_000_000)), ("2/b.png", picture())]
        refused(lying(2**31, bomb), "times its size")

    def test_members_that_share_their_bytes(self, picture):
        """Many entries of the directory that point at one large member (D. Fifield, 2019)."""
        data = zipped([("1/a.png", bytes(15_000_000)), ("2/b.png", picture())])
        directory = data.index(b"PK\x01\x02")
        first = data[directory : data.index(b"PK\x01\x02", directory + 1)]
        end = data.index(b"PK\x05\x06")
        many = b"".join(first.replace(b"1/a.png", b"1/%c.png" % letter) for letter in b"abcdefghijkl")
        tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 12, 12, len(many), directory, 0)
        assert end > directory
        refused(data[:directory] + many + tail, "times its size|damaged")

    def test_a_directory_of_very_many_entries(self, picture, monkeypatch):
        monkeypatch.setattr(zipfile, "ZipFile", None)  # it is refused before it is read
        refused(b"PK\x01\x02" * (2 * image_folders.MOST_PICTURES + 1), "too many files")

    def test_encrypted(self, picture):
        data = bytearray(zipped([("1/a.png", picture()), ("2/b.png", picture())]))
        for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
            data[data.index(signature) + offset] |= 1
        refused(bytes(data), "encrypted")

    def test_an_unusual_compression(self, picture):
        refused(zipped([("1/a.png", picture()), ("2/b.png", picture())], zipfile.ZIP_LZMA), "unusual way")

    @pytest.mark.parametrize("damage", ["nothing", "truncated", "garbage", "flipped"])
    def test_damaged(self, picture, damage):
        whole = zipped([("1/a.png", picture()), ("2/b.png", picture())])
        flipped = bytearray(whole)
        flipped[60:70] = bytes(10)
        data = {"nothing": b"", "truncated": whole[:-30], "garbage": b"garbage", "flipped": bytes(flipped)}
        refused(data[damage], "damaged")

    def test_a_name_that_is_no_line(self, picture):
        name = "1/" + "evil\n\x1b[31m" + "x" * 200 + ".txt"
        refused(zipped([("2/a.png", picture()), (name, b"")]), "is no picture")


class TestFolders:
    def test_as_a_zip(self, tmp_path, picture):
        for place in ("cat/a.png", "dog/b.png"):
            (tmp_path / place).parent.mkdir()
            (tmp_path / place).write_bytes(picture())
        x, y, labels = image_folders.read_folder(tmp_path)
        assert (x.shape, y.tolist(), labels) == ((2, 28, 28), [0, 1], ("cat", "dog"))

    def test_a_link_is_refused(self, tmp_path, picture):
        (tmp_path / "inside" / "1").mkdir(parents=True)
        (tmp_path / "secret.png").write_bytes(picture())
        (tmp_path / "inside" / "1" / "a.png").symlink_to(tmp_path / "secret.png")
        with pytest.raises(datasets.DataError, match="is a link"):
            image_folders.read_folder(tmp_path / "inside")

    def test_no_folder(self, tmp_path):
        with pytest.raises(datasets.DataError, match="There is no folder"):
            image_folders.read_folder(tmp_path / "nowhere")

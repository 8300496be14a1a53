import io
import stat
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_models.data import datasets, image_folders, upload_report, user_data

CASES = Path(__file__).parent.parent / "cases" / "zip"


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


class _NamedInBytes(zipfile.ZipInfo):
    """A member whose name is written as it is, without the flag for UTF-8."""

    def _encodeFilenameFlags(self):
        return self.raw_name, self.flag_bits & ~0x800


def zipped_elsewhere(members, encoding):
    """The bytes of a zip whose names are in some encoding, without a word about which."""
    infos = []
    for number, (name, content) in enumerate(members):
        info = _NamedInBytes(f"member {number}")
        info.raw_name = name.encode(encoding)
        infos.append((info, content))
    return zipped(infos)


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


class TestNames:
    """Systems write names in different ways, and few say in which."""

    @pytest.mark.parametrize(
        ("case", "labels"),
        [
            ("mac_umlaut", ("Äpfel", "Öl")),
            ("licence_root", ("a", "b")),
            ("white_clear_28", ("a", "b")),
            ("nfc_nfd", ("é",)),
        ],
    )
    def test_cases(self, case, labels):
        x, y, found = image_folders.read_zip((CASES / f"{case}.zip").read_bytes())
        assert found == labels
        assert len(x) == len(y)
        assert all(np.ptp(image) > 100 for image in x)

    @pytest.mark.parametrize(
        ("encoding", "labels"),
        [
            ("utf-8", ("Äpfel", "Öl")),
            ("utf-8", ("犬", "猫")),
            ("utf-8", ("Груши", "Яблоки")),
            ("cp437", ("Käse", "Äpfel")),  # Windows in western Europe and America
            ("cp850", ("Öl", "Äpfel")),
        ],
    )
    def test_names_that_can_be_known(self, picture, encoding, labels):
        members = [(f"{label}/{n}.png", picture(n)) for label in labels for n in range(2)]
        assert set(image_folders.read_zip(zipped_elsewhere(members, encoding))[2]) == set(labels)

    @pytest.mark.parametrize(
        ("encoding", "labels"),
        [
            ("cp932", ("りんご", "猫")),
            ("cp932", ("円形", "四角")),
            ("cp932", ("カ", "イヌ")),
            ("cp932", ("表", "ソ")),  # with a backslash for the second byte
            ("cp866", ("Яблоки", "Груши")),
            ("cp1251", ("Круг", "Крест")),
            ("cp936", ("圆", "方块")),
            ("cp949", ("사과", "배")),
            ("cp737", ("μήλο", "αχλάδι")),
            ("cp1252", ("Äpfel", "Öl")),
        ],
    )
    def test_names_that_cannot_be_known(self, picture, encoding, labels):
        members = [(f"{label}/{n}.png", picture(n)) for label in labels for n in range(2)]
        refused(zipped_elsewhere(members, encoding), "cannot be read, .* with letters from a to z")

    def test_names_that_do_not_matter(self, picture):
        members = [(f"データ/{c}/写真{n}.png", picture(n)) for c in ("cat", "dog") for n in range(2)]
        _, y, labels = image_folders.read_zip(zipped_elsewhere(members, "cp932"))
        assert (labels, y.tolist()) == (("cat", "dog"), [0, 0, 1, 1])

    def test_info_zips_extra_field(self, picture):
        infos = []
        for number, label in enumerate(("りんご", "猫")):
            info = _NamedInBytes(f"member {number}")
            info.raw_name = f"{label}/a.png".encode("cp932")
            name = f"{label}/a.png".encode()
            field = struct.pack("<BL", 1, zlib.crc32(info.raw_name)) + name
            info.extra = struct.pack("<HH", 0x7075, len(field)) + field
            infos.append((info, picture(number)))
        assert set(image_folders.read_zip(zipped(infos))[2]) == {"りんご", "猫"}

    def test_the_same_letters_written_in_two_ways_are_one_class(self, picture, tmp_path):
        members = [("e\u0301/a.png", picture(0)), ("\xe9/b.png", picture(1)), ("x/c.png", picture(2))]
        assert image_folders.read_zip(zipped(members))[2] == ("x", "é")
        for name, content in members:
            (tmp_path / name).parent.mkdir()
            (tmp_path / name).write_bytes(content)
        _, y, labels = image_folders.read_folder(tmp_path)
        assert (labels, sorted(y.tolist())) == (("x", "é"), [0, 1, 1])

    def test_long_names_that_begin_alike_are_not_mixed(self, picture):
        members = [("n" * 70 + end + "/a.png", picture()) for end in "ab"]
        refused(zipped(members), "both begin with")


class TestClutter:
    @pytest.mark.parametrize(
        "name",
        [
            "LICENSE",
            "README.md",
            "data/readme.txt",
            "data/a/Licence.txt",
            "Icon\r",
            "data/a/Icon\r",
            "data/a/Icon\uf00d",
            "data/Picasa.ini",
            "data/a/.picasa.ini",
            "data/a/ehthumbs.db",
            "data/a/@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg",
            "@eaDir/x.png",
            "data/Thumbs.db",
            "data/a/THUMBS.DB",
            ".DS_Store",
            "data/.DS_Store",
            "__MACOSX/data/a/._0.png",
            "data/a/desktop.ini",
        ],
    )
    def test_is_passed_over(self, picture, tmp_path, name):
        members = [("data/a/0.png", picture()), ("data/b/1.png", picture(1)), (name, b"?")]
        assert image_folders.read_zip(zipped(members))[2] == ("a", "b")
        if "\uf00d" not in name:
            for place, content in members:
                (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
                if (tmp_path / place).parent.is_dir():
                    (tmp_path / place).write_bytes(content)
            assert image_folders.read_folder(tmp_path)[2] == ("a", "b")

    def test_a_picture_is_no_clutter(self, picture):
        names = ["a/readme.png", "a/icon.png", "b/license.png", "b/authors.png"]
        assert len(image_folders.read_zip(zipped([(name, picture()) for name in names]))[0]) == 4

    def test_the_culprit_is_named(self, picture):
        members = [("data/a/0.png", picture()), ("data/b/1.png", picture(1)), ("labels.txt", b"?")]
        with pytest.raises(datasets.DataError) as caught:
            image_folders.read_zip(zipped(members))
        assert "“labels.txt” is no picture" in str(caught.value)
        assert "0.png" not in str(caught.value)


class TestReports:
    """Everything that is wrong with an upload, at once."""

    def sentences(self, members):
        with pytest.raises(upload_report.UploadError) as caught:
            user_data.from_file("a.zip", zipped(members))
        return caught.value.sentences

    def test_every_broken_picture_is_named(self, picture):
        members = [(f"{c}/{n}.png", picture(n)) for c in "ab" for n in range(3)]
        broken = [("a/x.png", b"?"), ("a/y.png", b""), ("b/z.png", b"\x89PNG")]
        (sentence,) = self.sentences(members + broken)
        assert sentence == (
            "“a/x.png”, “a/y.png” and “b/z.png” cannot be opened as pictures. "
            "Take them out, or save them again as PNG or JPEG."
        )

    def test_very_many_are_counted(self, picture):
        members = [(f"{c}/{n}.png", picture(n)) for c in "ab" for n in range(3)]
        (sentence,) = self.sentences(members + [(f"a/x{n}.png", b"?") for n in range(5_000)])
        assert "and 4,988 others cannot be opened" in sentence
        assert len(sentence) < 600

    def test_faults_of_every_kind_come_together(self, picture):
        members = [
            ("a/0.png", picture()),
            ("a/1.png", picture()),
            ("a/broken.png", b"?"),
            ("a/blank.png", png(Image.new("L", (28, 28), 255))),
            ("a/notes.txt", b"?"),
            ("stray.png", picture()),
            ("b/0.png", picture()),
            ("c/", b""),
            ("../evil.png", picture()),
        ]
        found = " ".join(self.sentences(members))
        for part in (
            "“a/broken.png” cannot be opened",
            "Nothing stands out in “a/blank.png”",
            "“a/notes.txt” is no picture",
            "“stray.png” lies in no class's folder",
            "“../evil.png” leads out of the zip",
            "The folder “c” is empty",
            "The class 'b' has one image only",
        ):
            assert part in found

    @pytest.mark.parametrize("inside", [("b/", b""), ("b/.DS_Store", b"?"), ("b/Thumbs.db", b"?")])
    def test_an_empty_class_is_said(self, picture, inside):
        members = [("a/0.png", picture()), ("a/1.png", picture(1)), inside]
        assert "The folder “b” is empty. Put a picture there, or take it out." in self.sentences(members)
        members += [("c/0.png", picture()), ("c/1.png", picture(1))]
        data = user_data.from_file("a.zip", zipped(members))
        assert data.labels == ("a", "c")
        assert data.notes == ("The folder “b” is empty. Put a picture there, or take it out.",)

    def test_an_empty_folder_on_the_disk(self, picture, tmp_path):
        for name in "abc":
            (tmp_path / name).mkdir()
        for name in ("a/0.png", "a/1.png", "b/0.png", "b/1.png"):
            (tmp_path / name).write_bytes(picture())
        assert "“c” is empty" in user_data.from_folder(tmp_path).notes[0]


class TestTransparentPictures:
    @pytest.mark.parametrize("side", [28, 280])
    @pytest.mark.parametrize("ink", ["white", "yellow", "black", "#888888"])
    def test_ink_on_nothing(self, sample, side, ink):
        image = Image.new("RGBA", (28, 28), ink)
        image.putalpha(Image.fromarray(sample.x_train[4]))
        file = png(image.resize((side, side)))
        x, _, _ = image_folders.read_zip(zipped([("1/a.png", file), ("2/b.png", file)]))
        assert np.corrcoef(x[0].ravel(), sample.x_train[4].ravel())[0, 1] > 0.85

    def test_as_palette(self, sample):
        image = Image.fromarray(np.uint8(sample.x_train[4] > 100)).convert("P")
        image.putpalette([0, 0, 0, 255, 255, 255])
        file = io.BytesIO()
        image.save(file, "PNG", transparency=0)
        x, _, _ = image_folders.read_zip(zipped([("1/a.png", file.getvalue()), ("2/b.png", file.getvalue())]))
        assert np.corrcoef(x[0].ravel(), sample.x_train[4].ravel())[0, 1] > 0.85


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
        assert read == [len(picture())]  # the other one

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

package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How CIFAR-10 and CIFAR-100 lie on disk, in the two forms their authors publish.
 *
 * @param name as on the command line: {@code cifar10}
 * @param title as in messages: {@code CIFAR-10}
 * @param classes number of classes
 * @param labelBytes label bytes before each binary record; the last one is the class
 * @param labelKey key of the labels in a Python file
 * @param binary the binary form
 * @param python the Python form
 */
record CifarLayout(
    String name,
    String title,
    int classes,
    int labelBytes,
    String labelKey,
    Form binary,
    Form python) {
  /** Rows and columns of a picture. */
  static final int SIZE = 32;

  /** Colour channels of a picture. */
  static final int CHANNELS = 3;

  /** Bytes of a picture. */
  static final int IMAGE_BYTES = SIZE * SIZE * CHANNELS;

  static final CifarLayout CIFAR10 =
      new CifarLayout(
          "cifar10",
          "CIFAR-10",
          10,
          1,
          "labels",
          new Form(
              "cifar-10-batches-bin",
              "cifar-10-binary.tar.gz",
              List.of(
                  new Part("data_batch_1.bin", 10_000),
                  new Part("data_batch_2.bin", 10_000),
                  new Part("data_batch_3.bin", 10_000),
                  new Part("data_batch_4.bin", 10_000),
                  new Part("data_batch_5.bin", 10_000)),
              List.of(new Part("test_batch.bin", 10_000))),
          new Form(
              "cifar-10-batches-py",
              "cifar-10-python.tar.gz",
              List.of(
                  new Part("data_batch_1", 10_000),
                  new Part("data_batch_2", 10_000),
                  new Part("data_batch_3", 10_000),
                  new Part("data_batch_4", 10_000),
                  new Part("data_batch_5", 10_000)),
              List.of(new Part("test_batch", 10_000))));

  static final CifarLayout CIFAR100 =
      new CifarLayout(
          "cifar100",
          "CIFAR-100",
          100,
          2,
          "fine_labels",
          new Form(
              "cifar-100-binary",
              "cifar-100-binary.tar.gz",
              List.of(new Part("train.bin", 50_000)),
              List.of(new Part("test.bin", 10_000))),
          new Form(
              "cifar-100-python",
              "cifar-100-python.tar.gz",
              List.of(new Part("train", 50_000)),
              List.of(new Part("test", 10_000))));

  /**
   * One published form of a set.
   *
   * @param folder the folder that the archive unpacks to
   * @param archive the archive's own name
   * @param train files of the training split, in order
   * @param test files of the test split, in order
   */
  record Form(String folder, String archive, List<Part> train, List<Part> test) {
    List<Part> parts(Split split) {
      return split == Split.TRAIN ? train : test;
    }

    private Form withRecords(int records) {
      return new Form(folder, archive, sized(train, records), sized(test, records));
    }

    private static List<Part> sized(List<Part> parts, int records) {
      return parts.stream().map(part -> new Part(part.file(), records)).toList();
    }
  }

  /**
   * One file.
   *
   * @param file its name inside the folder
   * @param records number of pictures in it
   */
  record Part(String file, int records) {}

  /** The same layout with another number of records in every file, for tests. */
  CifarLayout withRecords(int records) {
    return new CifarLayout(
        name,
        title,
        classes,
        labelBytes,
        labelKey,
        binary.withRecords(records),
        python.withRecords(records));
  }

  /** Bytes of one record of the binary form. */
  int recordBytes() {
    return labelBytes + IMAGE_BYTES;
  }

  /** Names of the classes, in the order of the labels. */
  List<String> classNames() {
    String resource = name + "-classes.txt";
    try (InputStream in = CifarLayout.class.getResourceAsStream(resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks a label.
   *
   * @throws EarlybirdException naming file and record, if it is out of range
   */
  int checked(long label, String file, int record) {
    if (label < 0 || label >= classes) {
      throw new EarlybirdException(
          "%s: record %d has label %d; labels of %s are 0 to %d"
              .formatted(file, record, label, title, classes - 1));
    }
    return (int) label;
  }
}

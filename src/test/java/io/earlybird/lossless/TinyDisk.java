package io.earlybird.lossless;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A disk as small as one likes: a file system in memory, mounted in name spaces of its own, which
 * only the shell in it and the shell's children see. Needs no rights where name spaces are allowed.
 */
final class TinyDisk implements AutoCloseable {
  private static final String END = "END OF OUTPUT ";

  private final Process shell;
  private final Writer commands;
  private final BufferedReader answers;
  private final Path place;

  /** What a command came to. */
  record Answer(int status, List<String> lines) {}

  /** Whether this system has such disks. */
  static boolean isPossible() throws InterruptedException {
    try {
      String mount = "mount -t tmpfs -o size=64k none /mnt";
      return new ProcessBuilder("unshare", "-rm", "sh", "-c", mount).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * A disk.
   *
   * @param place a folder, where the shell and its children see the disk
   */
  TinyDisk(Path place) throws IOException {
    this.place = place;
    shell = new ProcessBuilder("unshare", "-rm", "sh").redirectErrorStream(true).start();
    commands = shell.outputWriter(StandardCharsets.UTF_8);
    answers =
        new BufferedReader(new InputStreamReader(shell.getInputStream(), StandardCharsets.UTF_8));
    run("mount -t tmpfs none " + quoted(place.toString()));
  }

  /** Sets how much fits on it. */
  void resize(int kilobytes, int files) throws IOException {
    String options = "remount,size=" + kilobytes + "k,nr_inodes=" + files;
    Answer answer = run("mount -o " + options + " none " + quoted(place.toString()));
    if (answer.status() != 0) {
      throw new IOException("the disk cannot be resized: " + answer.lines());
    }
  }

  /** Runs a shell command in there; its output and errors come back. */
  Answer run(String command) throws IOException {
    commands.write(command + "\necho \"" + END + "$?\"\n");
    commands.flush();
    List<String> lines = new ArrayList<>();
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      if (line.startsWith(END)) {
        return new Answer(Integer.parseInt(line.substring(END.length())), lines);
      }
      lines.add(line);
    }
    throw new IOException("the shell ended: " + lines);
  }

  static String quoted(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }

  @Override
  public void close() throws IOException {
    commands.close();
    answers.close();
    shell.destroy();
  }
}

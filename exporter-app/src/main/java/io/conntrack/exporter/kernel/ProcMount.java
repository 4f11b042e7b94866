package io.conntrack.exporter.kernel;

import io.conntrack.exporter.terms.NamespacePattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;

/** Why a network namespace's file below /proc can't be reached. */
final class ProcMount {
  private static final Path PROC = Path.of("/proc");
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  /** Where the mount point stands in a line of mountinfo, proc(5). */
  private static final int MOUNT_POINT = 4;

  private ProcMount() {}

  /** Why a pattern matches nothing. */
  static String reason(NamespacePattern pattern) {
    if (!isOfProcess(pattern.folder())) {
      return Files.isDirectory(pattern.folder())
          ? "there is no such file"
          : "there is no folder " + pattern.folder();
    }
    return hidden()
        .map(option ->
            "/proc is mounted with "
                + option
                + ", which hides processes of other users. The drop-in netns.conf of the systemd"
                + " unit shows them (ProtectProc=default)")
        .orElse("there is no such process");
  }

  /** What a file of a process needs that is there and can't be reached. */
  static String remedy(Path path) {
    return isOfProcess(path)
        ? ". A file of another user's process needs the capability CAP_SYS_PTRACE: see the drop-in"
            + " netns.conf of the systemd unit"
        : "";
  }

  private static boolean isOfProcess(Path path) {
    return path.startsWith(PROC) && path.getNameCount() > 1;
  }

  /** The option of the mount that hides processes, if there is one. */
  private static Optional<String> hidden() {
    try (Stream<String> lines = Files.lines(MOUNTS)) {
      return lines
          .map(line -> line.split(" ", -1))
          .filter(words -> words.length > MOUNT_POINT && words[MOUNT_POINT].equals("/proc"))
          .reduce((first, last) -> last)
          .stream()
          .flatMap(words -> Stream.of(words[words.length - 1].split(",", -1)))
          .filter(option -> option.startsWith("hidepid=") && !isNone(option))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static boolean isNone(String option) {
    return Arrays.asList("hidepid=0", "hidepid=off").contains(option);
  }
}

// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;

/**
 * A lock that admits one process per run folder. The operating system's file lock is the claim, so
 * a killed process leaves none behind. The file's text names the holder; its heartbeat claims the
 * folder where file locks do not work, such as between hosts on some network file systems.
 */
public final class RunLock implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(10);
  private static final Duration STALE = Duration.ofSeconds(60);

  /**
   * Folders held by this process. POSIX drops a process's lock when it closes any descriptor of the
   * file, so a process opens the file once and reads it through the channel that holds the lock.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private final FileLock lock;
  private final ScheduledExecutorService heart;

  private RunLock(Path file, FileChannel channel, FileLock lock) {
    this.file = file;
    this.channel = channel;
    this.lock = lock;
    this.heart =
        Executors.newSingleThreadScheduledExecutor(
            r -> {
              Thread t = new Thread(r, "run-lock heartbeat");
              t.setDaemon(true);
              return t;
            });
  }

  /**
   * Claims the folder.
   *
   * @throws RunException with exit code 3 if another process has it, naming host, process and age
   */
  public static RunLock claim(RunFolder folder) {
    Path file = folder.root().toAbsolutePath().normalize().resolve(".lock");
    if (!HELD_HERE.add(file)) {
      throw new RunException(
          ExitCode.ENVIRONMENT, busy(folder, "process " + ProcessHandle.current().pid()));
    }
    boolean claimed = false;
    try {
      FileChannel channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      FileLock lock = channel.tryLock();
      JsonObject holder = holder(channel);
      if (lock == null || heldElsewhere(holder)) {
        channel.close();
        throw new RunException(ExitCode.ENVIRONMENT, busy(folder, who(holder)));
      }
      RunLock made = new RunLock(file, channel, lock);
      made.beat(Instant.now());
      claimed = true;
      return made;
    } catch (IOException e) {
      throw new RunException(
          ExitCode.ENVIRONMENT, "cannot lock the run folder: " + e.getMessage(), e);
    } finally {
      if (!claimed) {
        HELD_HERE.remove(file);
      }
    }
  }

  private void beat(Instant since) throws IOException {
    write(since);
    heart.scheduleAtFixedRate(
        () -> {
          try {
            write(since);
          } catch (IOException e) {
            // A missed heartbeat need not end a run: the file lock still holds.
          }
        },
        BEAT.toSeconds(),
        BEAT.toSeconds(),
        TimeUnit.SECONDS);
  }

  private synchronized void write(Instant since) throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    JsonObject o = new JsonObject();
    o.addProperty("host", host());
    o.addProperty("pid", ProcessHandle.current().pid());
    o.addProperty("since", since.toString());
    o.addProperty("heartbeat", Instant.now().toString());
    byte[] text = (o + "\n").getBytes(StandardCharsets.UTF_8);
    channel.write(ByteBuffer.wrap(text), 0);
    channel.truncate(text.length);
  }

  private static JsonObject holder(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(4096);
    channel.read(text, 0);
    try {
      return JsonParser.parseString(
              new String(text.array(), 0, text.position(), StandardCharsets.UTF_8))
          .getAsJsonObject();
    } catch (JsonParseException | IllegalStateException e) {
      return new JsonObject();
    }
  }

  private static boolean heldElsewhere(JsonObject holder) {
    if (text(holder, "host").isEmpty()
        || text(holder, "heartbeat").isEmpty()
        || text(holder, "host").equals(host())) {
      return false;
    }
    try {
      Instant beat = Instant.parse(text(holder, "heartbeat"));
      // abs(): a heartbeat from the future only shows that the clocks differ.
      return Duration.between(beat, Instant.now()).abs().compareTo(STALE) < 0;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private static String who(JsonObject holder) {
    return text(holder, "pid").isEmpty()
        ? "another process"
        : "process %s on %s, since %s"
            .formatted(text(holder, "pid"), text(holder, "host"), text(holder, "since"));
  }

  /**
   * Returns the text of a key; empty if it is missing or not a primitive, since the file is
   * untrusted.
   */
  private static String text(JsonObject o, String key) {
    return o.get(key) instanceof JsonPrimitive p ? p.getAsString() : "";
  }

  private static String busy(RunFolder folder, String who) {
    return ("the run folder %s is in use by %s. Wait for it, or choose another with --out DIR; if"
            + " that process is gone, remove %s")
        .formatted(folder.root(), who, folder.root().resolve(".lock"));
  }

  // Not InetAddress.getLocalHost: it asks the network and may take seconds.
  private static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      String name = System.getenv("HOSTNAME");
      return name == null ? "localhost" : name;
    }
  }

  /** Gives the folder back. */
  @Override
  public synchronized void close() {
    heart.shutdownNow();
    try {
      if (channel.isOpen()) {
        channel.truncate(0);
        lock.release();
        channel.close();
      }
    } catch (IOException e) {
      // The lock is released when the process ends anyway.
    } finally {
      HELD_HERE.remove(file);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.rigor.run.ExitCode;
import org.rigor.run.RunException;

/**
 * One process per run folder. The operating system's file lock is the claim, so a killed process
 * leaves none behind; the file's text names the holder, and its heartbeat claims the folder where
 * file locks do not reach, as between hosts of some network file systems.
 */
public final class RunLock implements AutoCloseable {
  private static final Duration BEAT = Duration.ofSeconds(10);
  private static final Duration STALE = Duration.ofSeconds(60);

  private final FileChannel channel;
  private final FileLock lock;
  private final ScheduledExecutorService heart;

  private RunLock(FileChannel channel, FileLock lock) {
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
    Path file = folder.root().resolve(".lock");
    try {
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      JsonObject holder = holder(file);
      if (lock == null || heldElsewhere(holder)) {
        channel.close();
        throw new RunException(ExitCode.ENVIRONMENT, busy(folder, holder));
      }
      RunLock claimed = new RunLock(channel, lock);
      claimed.beat(Instant.now());
      return claimed;
    } catch (IOException e) {
      throw new RunException(
          ExitCode.ENVIRONMENT, "cannot lock the run folder: " + e.getMessage(), e);
    }
  }

  private static FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private void beat(Instant since) throws IOException {
    write(since);
    heart.scheduleAtFixedRate(
        () -> {
          try {
            write(since);
          } catch (IOException e) {
            // A missed beat is no reason to end a run: the file lock still holds.
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

  private static JsonObject holder(Path file) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return text.isBlank() ? new JsonObject() : JsonParser.parseString(text).getAsJsonObject();
    } catch (IOException | JsonParseException | IllegalStateException e) {
      return new JsonObject();
    }
  }

  private static boolean heldElsewhere(JsonObject holder) {
    if (!holder.has("host") || holder.get("host").getAsString().equals(host())) {
      return false;
    }
    Instant beat = Instant.parse(holder.get("heartbeat").getAsString());
    return Duration.between(beat, Instant.now()).compareTo(STALE) < 0;
  }

  private static String busy(RunFolder folder, JsonObject holder) {
    String who =
        holder.has("pid")
            ? "process %s on %s, since %s"
                .formatted(
                    holder.get("pid").getAsString(),
                    holder.get("host").getAsString(),
                    holder.get("since").getAsString())
            : "another process";
    return "the run folder %s is in use by %s. Wait for it, or choose another with --out DIR"
        .formatted(folder.root(), who);
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
      // The process's end releases it all the same.
    }
  }
}

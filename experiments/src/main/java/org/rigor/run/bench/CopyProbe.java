// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.bench;

import java.util.Map;
import org.rigor.exec.cuda.driver.CudaContext;
import org.rigor.exec.cuda.driver.CudaStream;
import org.rigor.exec.cuda.driver.DeviceMemory;
import org.rigor.exec.cuda.driver.PinnedMemory;

/** A probe of the bandwidth of copies within the device and to and from pinned memory. */
public final class CopyProbe {
  private static final long DEVICE_BYTES = 2L << 30;
  private static final int HOST_BYTES = 256 << 20;

  private CopyProbe() {}

  /** Adds {@code deviceToDeviceGBs}, {@code pinnedToDeviceGBs} and {@code deviceToPinnedGBs}. */
  public static void run(CudaContext context, Map<String, Object> found) {
    boolean emulated = context.libraries().emulated();
    long bytes = emulated ? 1L << 20 : DEVICE_BYTES;
    int host = emulated ? 1 << 20 : HOST_BYTES;
    try (CudaStream stream = new CudaStream(context, "copy");
        DeviceMemory a = new DeviceMemory(context, "a", bytes);
        DeviceMemory b = new DeviceMemory(context, "b", bytes);
        PinnedMemory pinned = new PinnedMemory(context, "host", host)) {
      double ms =
          DeviceClock.deviceMillis(context, stream, 4, () -> stream.copy(b, 0, a, 0, bytes));
      // Each byte is both read and written.
      found.put("deviceToDeviceGBs", 2.0 * bytes / ms / 1e6);
      ms = DeviceClock.deviceMillis(context, stream, 2, () -> stream.upload(a, 0, pinned, 0, host));
      found.put("pinnedToDeviceGBs", host / ms / 1e6);
      ms =
          DeviceClock.deviceMillis(
              context, stream, 2, () -> stream.download(pinned, 0, a, 0, host));
      found.put("deviceToPinnedGBs", host / ms / 1e6);
    }
  }
}

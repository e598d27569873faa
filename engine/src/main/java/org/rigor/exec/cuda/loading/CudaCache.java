// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec.cuda.loading;

import java.nio.file.Path;
import org.rigor.cache.CacheException;
import org.rigor.cache.CacheFolder;

/** The folders of the cache that hold native code. */
public final class CudaCache {
  private CudaCache() {}

  /**
   * Makes a private folder below the cache's root, or checks an existing one.
   *
   * @throws CudaFailure where {@link CacheFolder#make} refuses
   */
  public static Path folder(String... below) {
    try {
      return CacheFolder.make(below);
    } catch (CacheException e) {
      throw new CudaFailure(e.getMessage(), "", e);
    }
  }
}

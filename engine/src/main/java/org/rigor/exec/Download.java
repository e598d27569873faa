// SPDX-License-Identifier: Apache-2.0
package org.rigor.exec;

import org.rigor.tensor.HostTensor;

/** A copy of a buffer on its way to the host. */
public interface Download {
  /** Returns whether {@link #get} need not wait. */
  boolean ready();

  /** Returns the contents that the buffer had when the copy was queued. Waits for them. */
  HostTensor get();
}

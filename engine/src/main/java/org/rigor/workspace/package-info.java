// SPDX-License-Identifier: Apache-2.0
/**
 * Programs on a device. A {@link org.rigor.workspace.Workspace} is the one place that runs the
 * {@link org.rigor.workspace.Passes} over a traced program, binds buffers to its names and compiles
 * it; nothing to the right of this package calls a pass or {@code Device.compile}.
 */
package org.rigor.workspace;

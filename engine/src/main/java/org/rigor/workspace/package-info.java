// SPDX-License-Identifier: Apache-2.0
/**
 * Programs on a device. {@link org.rigor.workspace.Workspace} is the only place that runs the
 * {@link org.rigor.workspace.Passes} over a traced program, binds buffers to its names and compiles
 * it; no package that builds on this one calls a pass or {@code Device.compile}.
 */
package org.rigor.workspace;

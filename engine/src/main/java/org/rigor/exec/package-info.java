// SPDX-License-Identifier: Apache-2.0
/**
 * Devices, their memory and what runs on them; operations are unknown here. To add a device:
 * implement {@link org.rigor.exec.DeviceProvider} in a package of its own and name it for
 * ServiceLoader. The plan of a program, in {@code plan}, is the same for every device.
 */
package org.rigor.exec;

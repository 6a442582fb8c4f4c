/**
 * The backend for any device with an OpenCL driver, over JOCL. All kernels are this project's own
 * OpenCL C (native/opencl), compiled on the device.
 */
package io.earlybird.backend.opencl;

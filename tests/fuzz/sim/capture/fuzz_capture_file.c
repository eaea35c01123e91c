/* Any bytes as a capture: every packet is looked at as a frame. */
#include "sim/capture/capture_file.h"
#include "sim/capture/capture_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capture_file file;
    struct capture_packet packet;
    struct capture_frame frame;
    struct err err = {0};
    capture_file_init(&file, slice_from((const char *)data, size));
    while (capture_file_next(&file, &packet, &err) == 1) {
        capture_frame_read(&frame, packet.link_type, packet.data);
        capture_frame_read(&frame, CAPTURE_LINK_RAW, packet.data);
    }
    return 0;
}

// What Swift cannot import: macros with casts, and functions that changed their form between FFmpeg 5 and 8.
#ifndef SWIFT_MAE_CFFMPEG_H
#define SWIFT_MAE_CFFMPEG_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/adler32.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// Macros with casts.
static const int mae_error_again = AVERROR(EAGAIN);
static const int mae_error_end = AVERROR_EOF;
static const int mae_error_exit = AVERROR_EXIT;
static const int mae_error_invalid_data = AVERROR_INVALIDDATA;
static const int mae_error_access = AVERROR(EACCES);
static const int mae_error_no_memory = AVERROR(ENOMEM);
static const int mae_error_no_decoder = AVERROR_DECODER_NOT_FOUND;
static const int mae_error_no_encoder = AVERROR_ENCODER_NOT_FOUND;
static const int mae_error_no_demuxer = AVERROR_DEMUXER_NOT_FOUND;
static const int mae_error_no_stream = AVERROR_STREAM_NOT_FOUND;
static const int64_t mae_no_timestamp = AV_NOPTS_VALUE;

// Side data moved from the stream to its codec parameters in FFmpeg 6.1.
static inline const int32_t *mae_stream_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVPacketSideData *data = av_packet_side_data_get(stream->codecpar->coded_side_data,
                                                         stream->codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= 36 ? (const int32_t *)data->data : NULL;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data((AVStream *)stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 36 ? (const int32_t *)data : NULL;
#endif
}

static inline const int32_t *mae_frame_display_matrix(const AVFrame *frame) {
  const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  return data && data->size >= 36 ? (const int32_t *)data->data : NULL;
}

// The type of the sum changed between versions.
static inline uint32_t mae_checksum(uint32_t sum, const uint8_t *bytes, size_t count) {
  return (uint32_t)av_adler32_update(sum, bytes, count);
}

// The callback's type changed its name and a parameter between versions; a demuxer gets no other file through it.
static int mae_refuse_open(AVFormatContext *context, AVIOContext **pb, const char *url, int flags, AVDictionary **options) {
  (void)context, (void)pb, (void)url, (void)flags, (void)options;
  return AVERROR(EPERM);
}
static inline void mae_refuse_other_files(AVFormatContext *context) { context->io_open = mae_refuse_open; }

static inline int mae_stream_has_new_packets(const AVStream *stream) {
  return (stream->event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS) != 0;
}

// Macros that expand to compound expressions.
static inline int mae_is_pixel_format(int format, uint64_t flag) {
  const AVPixFmtDescriptor *descriptor = av_pix_fmt_desc_get((enum AVPixelFormat)format);
  return descriptor && (descriptor->flags & flag) != 0;
}

#endif

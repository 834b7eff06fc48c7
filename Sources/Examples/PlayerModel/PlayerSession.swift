import RTSPNIO

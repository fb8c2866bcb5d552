"""What generates: the Protocol, the OpenVINO child process, the scripted fake."""

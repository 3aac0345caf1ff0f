"""Carbon Half from the command line: `python run.py` runs the main job, `python run.py --help` lists the rest."""

from model.command_line import main

if __name__ == "__main__":
    main()
